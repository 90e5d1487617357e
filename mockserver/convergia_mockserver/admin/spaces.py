"""Spaces: isolated worlds inside this server, and what is done to one as a whole."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway import DEFAULT_SPACE, Coverage, Snapshot, SnapshotError, Space
from convergia_mockserver.gateway.storage.snapshots import VERSION

from .endpoints import Context, Group
from .problems import ProblemError

SPACES = Group("Spaces")
_SNAPSHOT_BYTES = 256 * 1024 * 1024


class SpaceView(msgspec.Struct, frozen=True):
    """A space.

    Attributes:
        name: its URLs begin with `/s/NAME`.
        accepted: messages ever accepted.
        requests: entries in its journal.
        errors: what went wrong inside the server while it answered for this space.
    """

    name: str
    accepted: int
    requests: int
    errors: list[str]


class SpaceList(msgspec.Struct, frozen=True):
    """All spaces by name, and how many there may be.

    Attributes:
        limit: how many there may be.
        spaces: sorted by name.
    """

    limit: int
    spaces: list[SpaceView]


@SPACES.get("/spaces")
def list_spaces(context: Context) -> SpaceList:
    """List the spaces."""
    world = context.world
    return SpaceList(
        world.max_spaces, [_view(space) for space in map(world.peek, world.names) if space]
    )


@SPACES.put("/spaces/{name}", errors=(503,))
def create_space(context: Context, name: str) -> SpaceView:
    """Make a space, unless it is there."""
    return _view(context.world.space(name))


@SPACES.delete("/spaces/{name}", status=204, errors=(404, 409))
def delete_space(context: Context, name: str) -> None:
    """Forget a space and all in it."""
    if name == DEFAULT_SPACE:
        raise ProblemError(409, f"the space {name!r} stays; POST /reset empties it")
    if not context.world.delete(name):
        raise ProblemError(404, f"there is no space {name!r}")


@SPACES.post("/reset", status=204)
def reset(context: Context) -> None:
    """Put this space, and no other, back to how it began; only its coverage stays."""
    context.space.reset()


@SPACES.get("/snapshot")
def take_snapshot(context: Context) -> Snapshot:
    """Save this space: all but its journal; passwords hashed."""
    return context.space.snapshot()


@SPACES.put("/snapshot", status=204, max_body=_SNAPSHOT_BYTES)
def restore_snapshot(context: Context, body: Snapshot) -> None:
    """Restore this space from a snapshot; its journal starts empty."""
    if body.version != VERSION:
        raise SnapshotError(f"a snapshot of version {body.version}; this server reads {VERSION}")
    context.space.restore(body)


@SPACES.get("/coverage")
def get_coverage(context: Context) -> Coverage:
    """Tell which codes, operations and faults were exercised here, on which face."""
    return context.space.coverage


def _view(space: Space) -> SpaceView:
    errors = [repr(error) for error in space.errors]
    return SpaceView(space.name, space.inbox.accepted, len(space.journal), errors)
