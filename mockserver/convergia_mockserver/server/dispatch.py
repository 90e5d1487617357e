"""Answering a request through a face and a space, without sockets and event loops.

Thread-safe: it has no mutable state.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from convergia_mockserver.faces.wire import Reply, WsdlReply
from convergia_mockserver.gateway.calls import Answer
from convergia_mockserver.gateway.faults import Fault, FaultKind
from convergia_mockserver.gateway.journal.exchanges import Exchange, packed
from convergia_mockserver.gateway.request_parts import RequestParts
from convergia_mockserver.gateway.storage import StorageError
from convergia_mockserver.gateway.world import DEFAULT_SPACE, SpaceLimitError, SpaceNameError

from .connection_faults import on_the_wire
from .own_replies import in_place_of
from .refusals import plain
from .reply_faults import distort

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_mockserver.faces.wire import Face, RawRequest
    from convergia_mockserver.gateway.calls import FaceName
    from convergia_mockserver.gateway.space import Space
    from convergia_mockserver.gateway.world import World

    from .access import Access
    from .relay import Relay

_log = logging.getLogger(__name__)
# The recorded reply if the connection broke before a reply came.
_NO_REPLY = Reply(0, (), b"")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a request.

    Attributes:
        reply: the reply, in which faults of its bytes are already applied.
        fault: the fault of the connection. None without one.
        delay: the seconds by which the reply is delayed.
        error: the error inside the server, if there was one.
    """

    reply: Reply
    fault: Fault | None = None
    delay: float = 0.0
    error: Exception | None = None


class Dispatcher:
    """Passes requests to the faces, and their calls to the spaces.

    Args:
        world: the spaces.
        faces: the faces by path.
        ca_pem: the CA certificate that the server created for its own certificate, if any.
        access: the admin tokens. None if anyone may control the server.
        relay: the relay of some requests to a real gateway. None if all are answered here.
    """

    def __init__(
        self,
        world: World,
        faces: Mapping[str, Face],
        *,
        ca_pem: str | None = None,
        access: Access | None = None,
        relay: Relay | None = None,
    ) -> None:
        self.world = world
        self.faces = faces
        self.ca_pem = ca_pem
        self.access = access
        self.relay = relay
        soap = world.guide.webservice.path
        self._names: dict[str, FaceName] = {
            path: "soap" if path == soap else "http" for path in faces
        }

    def handle(self, request: RawRequest, space: str | None) -> Outcome:
        """Answer a request.

        Args:
            request: a request whose path belongs to a face.
            space: the space in its URL, or None.
        """
        face = self.faces[request.path]
        try:
            return self._answer(face, request, space)
        except SpaceNameError as error:
            return Outcome(plain(404, str(error)))
        except SpaceLimitError as error:
            return Outcome(plain(503, str(error)))
        except StorageError as error:
            # Do not answer 100 for a message that is not stored. The error is already logged.
            return Outcome(plain(503, f"nothing can be stored: {error}"), error=error)
        except Exception as error:  # noqa: BLE001 - one request must not end the server
            # Log only the traceback, because the request holds a password.
            _log.exception("the mock server failed to answer a request for %s", request.path)
            self.world.failed(error, space)
            reply = plain(500, "the mock server failed; see its log")
            return Outcome(reply, error=error)

    async def pass_on(self, request: RawRequest, space: str | None) -> Outcome | None:
        """Relay a request to the real gateway. Return None if it must be answered here.

        Args:
            request: a request whose path belongs to a face.
            space: the space in its URL, or None.
        """
        relay = self.relay
        if relay is None:
            return None
        began = perf_counter()
        try:
            read = self.faces[request.path].read(request)
            if isinstance(read, Reply) or not relay.takes(read):
                return None
            asked, call = self.world.resolve(space, read)
            if call.operation == "status" and asked.inbox.get(call.arguments["messageid"]):
                return None  # both may have given this id; the space's own message counts
        except Exception:  # noqa: BLE001 - `handle` gets the same error and reports it
            return None
        reply, relayed = await relay.pass_on(request, call)
        answer = Answer(None, relayed=relayed)
        exchange = _exchange(request, reply or _NO_REPLY)
        asked.record(call.face, exchange, call, answer, perf_counter() - began)
        if reply is None:
            return Outcome(_NO_REPLY, Fault(FaultKind.ACCEPTED_THEN_RESET))
        return Outcome(reply)

    def refused(self, request: RawRequest, space: str | None, reply: Reply) -> None:
        """Record a request that was refused before a face parsed it.

        It is added to the journal of the space in its URL, or of the default space.
        """
        with contextlib.suppress(SpaceNameError, SpaceLimitError):
            name = self._names.get(request.path, "http")
            exchange = _exchange(request, reply)
            self.world.space(space or DEFAULT_SPACE).record(name, exchange, None, None)

    def _answer(self, face: Face, request: RawRequest, name: str | None) -> Outcome:
        began = perf_counter()
        if name is not None:
            self.world.space(name)
        read = face.read(request)
        if isinstance(read, Reply):
            return self._page(read, request, self.world.space(name or DEFAULT_SPACE), began)
        space, call = self.world.resolve(name, read)
        answer = space.answer(call, _parts(request) if space.scripts else None)
        reply = face.write(call, answer)
        if answer.reply is not None or answer.fault is not None:
            reply = _as_decided(reply, answer, call.face)
        exchange = _exchange(request, reply, answer)
        space.record(call.face, exchange, call, answer, perf_counter() - began)
        return Outcome(reply, answer.fault, answer.delay)

    def _page(self, reply: Reply, request: RawRequest, space: Space, began: float) -> Outcome:
        """Answer a request that is not a call: with a page, a fault, the WSDL, or by a script."""
        face = self._names[request.path]
        answer = None
        if isinstance(reply, WsdlReply):
            answer = space.answer_for_wsdl(request.address, _parts(request))
        if answer is not None:
            reply = _as_decided(reply, answer, face)
        exchange = _exchange(request, reply, answer)
        space.record(face, exchange, None, answer, perf_counter() - began)
        if answer is None:
            return Outcome(reply)
        return Outcome(reply, answer.fault, answer.delay)


def _parts(request: RawRequest) -> RequestParts:
    return RequestParts(request.method, request.path, request.headers, request.body)


def _as_decided(reply: Reply, answer: Answer, face: FaceName) -> Reply:
    """Apply a script's custom reply and fault to a reply."""
    if answer.reply is not None:
        reply = in_place_of(reply, answer.reply)
    return reply if answer.fault is None else distort(reply, answer.fault, face)


def _exchange(request: RawRequest, reply: Reply, answer: Answer | None = None) -> Exchange:
    if answer is not None and answer.fault is not None:
        reply = on_the_wire(reply, answer.fault)
    target = (request.prefix + request.path).encode()
    return Exchange(
        request.method,
        target + b"?" + request.query if request.query else target,
        request.host,
        request.scheme,
        request.address,
        packed(request.headers),
        request.body,
        reply.status,
        packed(reply.headers),
        reply.body,
    )
