"""Endpoints for the spaces of the server, and for one space as a whole."""

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
        name: the name, as in its URLs `/s/NAME`.
        accepted: the number of messages that were ever accepted.
        requests: the number of entries in its journal.
        errors: the latest errors inside the server while it answered for this space.
    """

    name: str
    accepted: int
    requests: int
    errors: list[str]


class SpaceList(msgspec.Struct, frozen=True):
    """The spaces of the server.

    Attributes:
        limit: the largest number of spaces.
        spaces: the spaces, sorted by name.
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
    """Create a space if it does not exist."""
    return _view(context.world.space(name))


@SPACES.delete("/spaces/{name}", status=204, errors=(404, 409))
def delete_space(context: Context, name: str) -> None:
    """Delete a space with its contents."""
    if name == DEFAULT_SPACE:
        raise ProblemError(409, f"the space {name!r} cannot be deleted; POST /reset empties it")
    if not context.world.delete(name):
        raise ProblemError(404, f"space {name!r} does not exist")


@SPACES.post("/reset", status=204)
def reset(context: Context) -> None:
    """Return this space to its initial state. Its coverage is kept, and so are other spaces."""
    context.space.reset()


@SPACES.get("/snapshot")
def take_snapshot(context: Context) -> Snapshot:
    """Return the state of this space, without its journal and with hashed passwords."""
    return context.space.snapshot()


@SPACES.put("/snapshot", status=204, max_body=_SNAPSHOT_BYTES)
def restore_snapshot(context: Context, body: Snapshot) -> None:
    """Restore this space from a snapshot, and empty its journal."""
    if body.version != VERSION:
        raise SnapshotError(f"the snapshot has version {body.version}; this server reads {VERSION}")
    context.space.restore(body)


@SPACES.get("/coverage")
def get_coverage(context: Context) -> Coverage:
    """Show the codes, operations and faults that were exercised in this space, by face."""
    return context.space.coverage


def _view(space: Space) -> SpaceView:
    errors = [repr(error) for error in space.errors]
    return SpaceView(space.name, space.inbox.accepted, len(space.journal), errors)
