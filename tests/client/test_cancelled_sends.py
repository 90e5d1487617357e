"""Tests that a cancelled or interrupted send reports whether it may have gone out."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import (
    AsyncClient,
    Client,
    OutcomeUnknownError,
)

if TYPE_CHECKING:
    from convergia_sms import ResponseInfo


def test_a_cancelled_send_shows_that_its_outcome_is_unknown(
    raw_gateway: Any, wire: Any, transport: Any, caplog: pytest.LogCaptureFixture
) -> None:
    raw_gateway.script = [wire.silent]
    told: list[ResponseInfo] = []

    async def cancel() -> asyncio.CancelledError:
        async with AsyncClient(
            "demo",
            "demo",
            base_url=raw_gateway.base_url,
            transport=transport,
            after_request=told.append,
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            await asyncio.to_thread(raw_gateway.wait_for, 1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError("not cancelled")

    error = asyncio.run(cancel())

    assert isinstance(error.__cause__, OutcomeUnknownError)
    assert error.__notes__ == ["convergia_sms: the message may have been sent"]
    assert [each.outcome for each in told] == ["unknown"]
    assert [record.convergia_outcome for record in caplog.records] == ["unknown"]  # type: ignore[attr-defined]
    assert len(raw_gateway.requests) == 1


def test_a_timeout_around_a_send_is_caused_by_the_unknown_outcome(
    raw_gateway: Any, wire: Any, transport: Any
) -> None:
    raw_gateway.script = [wire.silent]

    async def run_out() -> TimeoutError:
        async with AsyncClient(
            "demo", "demo", base_url=raw_gateway.base_url, transport=transport
        ) as client:
            try:
                async with asyncio.timeout(0.3):
                    await client.send("5512345678", "Hola")
            except TimeoutError as error:
                return error
        raise AssertionError("no timeout")

    error = asyncio.run(run_out())

    cancelled = error.__cause__ or error.__context__  # Python 3.11.2 sets the context alone
    assert isinstance(cancelled, asyncio.CancelledError)
    assert isinstance(cancelled.__cause__, OutcomeUnknownError)


def test_a_send_cancelled_before_it_went_out_is_not_called_unknown(transport: Any) -> None:
    told: list[ResponseInfo] = []

    async def cancel() -> None:
        # An address kept for documentation (RFC 5737): the connection is never made.
        async with AsyncClient(
            "demo",
            "demo",
            base_url="http://192.0.2.1:8181",
            transport=transport,
            before_request=lambda _: asyncio.get_running_loop().call_soon(task.cancel),
            after_request=told.append,
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert caught.value.__cause__ is None

    asyncio.run(cancel())

    assert {each.outcome for each in told} <= {"not-sent"}


def test_interrupting_a_sync_send_shows_that_its_outcome_is_unknown(
    raw_gateway: Any, wire: Any, transport: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    from convergia_sms._transports import blocking

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    raw_gateway.script = [wire.silent]
    caplog.set_level(logging.DEBUG, "convergia_sms")
    with Client("demo", "demo", base_url=raw_gateway.base_url, transport=transport) as client:
        monkeypatch.setattr(blocking, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.send("5512345678", "Hola")

    assert isinstance(caught.value.__cause__, OutcomeUnknownError)
    assert [record.convergia_outcome for record in caplog.records] == ["unknown"]
