"""Helpers of the tests of `send_many`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convergia_sms import Message

if TYPE_CHECKING:
    import threading

    import pytest

ACCOUNT: dict[str, Any] = {"username": "demo", "password": "demo"}


def numbered(count: int) -> list[Message]:
    return [Message("5512345678", f"mensaje {index}", f"ref-{index}") for index in range(count)]


def accepting(wire: Any, release: threading.Event) -> Any:
    """A gateway that accepts each message as soon as the test allows it."""

    def answer(connection: Any, _request: Any) -> None:
        assert release.wait(10)
        connection.sendall(wire.says("http", "100|7"))

    return answer


def told(caplog: pytest.LogCaptureFixture) -> dict[int, tuple[str, str]]:
    """Return the logged outcome and message id of each result that nobody took, by its index."""
    return {
        record.convergia_index: (record.convergia_outcome, record.convergia_message_id)  # type: ignore[attr-defined]
        for record in caplog.records
        if hasattr(record, "convergia_index")
    }
