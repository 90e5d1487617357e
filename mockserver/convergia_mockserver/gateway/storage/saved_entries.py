"""Journal entries as they are written to a file, with the password masked."""

from __future__ import annotations

import msgspec

from convergia_mockserver.gateway.calls import Answer, Call, FaceName, Relayed, Resend
from convergia_mockserver.gateway.faults import Fault, FaultKind
from convergia_mockserver.gateway.journal import Exchange, StoredEntry
from convergia_mockserver.gateway.journal.exchanges import masked, packed, unpacked
from convergia_mockserver.gateway.masking import MASK

# A script may answer a request for the WSDL, which is not a call.
_NO_CALL = Call("soap", "", {})


class SavedExchange(msgspec.Struct, frozen=True):
    """An exchange as it is written to the file."""

    method: str
    target: bytes
    host: str
    scheme: str
    address: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    status: int
    reply_headers: tuple[tuple[bytes, bytes], ...]
    reply_body: bytes


class SavedEntry(msgspec.Struct, frozen=True):
    """A journal entry as it is written to the file, with the password masked."""

    number: int
    at: float
    face: str
    exchange: SavedExchange
    operation: str | None = None
    arguments: dict[str, str] = {}
    findings: tuple[str, ...] = ()
    code: int | None = None
    message_id: str | None = None
    fault: FaultKind | None = None
    seconds: float = 0.0
    delay: float = 0.0
    script: int | None = None
    resend: tuple[str, float, FaultKind | None] | None = None
    created: str | None = None
    replaced: bool = False
    relayed: Relayed | None = None


def saved(stored: StoredEntry) -> SavedEntry:
    """Return an entry in its form for the file, with the password masked."""
    call, answer = stored.call, stored.answer
    if answer is None:
        return SavedEntry(
            stored.number, stored.at, stored.face, _exchange(masked(stored.exchange, ""))
        )
    call = call or _NO_CALL
    password = call.arguments.get("password", "")
    fault, resend = answer.fault, answer.resend
    return SavedEntry(
        stored.number,
        stored.at,
        stored.face,
        _exchange(masked(stored.exchange, password)),
        call.operation or None,
        {**call.arguments, "password": MASK} if password else dict(call.arguments),
        call.findings,
        answer.code,
        answer.message_id,
        None if fault is None else fault.kind,
        0.0 if fault is None else fault.seconds,
        answer.delay,
        answer.script,
        None if resend is None else (resend.message_id, resend.seconds, resend.lost_by),
        answer.created,
        answer.replaces_code,
        answer.relayed,
    )


def loaded(saved: SavedEntry) -> StoredEntry:
    """Return the entry for one that was read from the file."""
    call = answer = None
    if saved.operation is not None:
        face: FaceName = "soap" if saved.face == "soap" else "http"
        call = Call(face, saved.operation, saved.arguments, saved.exchange.address, saved.findings)
    if call is not None or saved.script is not None:
        answer = Answer(
            saved.code,
            saved.message_id,
            None if saved.fault is None else Fault(saved.fault, saved.seconds),
            saved.delay,
            saved.script,
            None if saved.resend is None else Resend(*saved.resend),
            # The value itself is in the reply. Any value marks that it replaced the code.
            value="" if saved.replaced else msgspec.UNSET,
            created=saved.created,
            relayed=saved.relayed,
        )
    return StoredEntry(saved.number, saved.at, saved.face, _restored(saved.exchange), call, answer)


def _exchange(exchange: Exchange) -> SavedExchange:
    return SavedExchange(
        exchange.method, exchange.target, exchange.host, exchange.scheme, exchange.address,
        unpacked(exchange.headers), exchange.body,
        exchange.status, unpacked(exchange.reply_headers), exchange.reply_body,
    )  # fmt: skip


def _restored(saved: SavedExchange) -> Exchange:
    return Exchange(
        saved.method, saved.target, saved.host, saved.scheme, saved.address,
        packed(saved.headers), saved.body,
        saved.status, packed(saved.reply_headers), saved.reply_body,
    )  # fmt: skip
