"""Calls as a face passes them to the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_mockserver.gateway import Call

if TYPE_CHECKING:
    from convergia_mockserver.gateway import Answer, FaceName, Space

GOOD = {"username": "demo", "password": "demo", "number": "525512345678", "message": "hola"}


def send_call(
    address: str = "127.0.0.1", face: FaceName = "http", /, **changes: str | None
) -> Call:
    """Return a valid send with some arguments changed. None leaves an argument out."""
    arguments = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return Call(face, "send", arguments, address)


def send(space: Space, face: FaceName = "http", /, **changes: str | None) -> Answer:
    return space.answer(send_call("127.0.0.1", face, **changes))


def status(
    space: Space, message_id: str | None, username: str = "demo", password: str = "demo"
) -> int | None:
    arguments = {"username": username, "password": password, "messageid": message_id or ""}
    return space.answer(Call("soap", "status", arguments)).code
