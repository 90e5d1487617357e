"""Tests that leaving or interrupting a loop over `send_many` loses no result."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from linecache import getline
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms import AsyncClient, Client

if TYPE_CHECKING:
    from types import FrameType


from tests.client.many import ACCOUNT, accepting, numbered, told


@pytest.fixture
def raw_options(raw_gateway: Any) -> dict[str, Any]:
    return ACCOUNT | {"base_url": raw_gateway.base_url, "transport": "http"}


def test_leaving_a_sync_loop_waits_for_what_is_in_flight_and_logs_how_it_ended(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    held = accepting(wire, release)
    raw_gateway.script = [held, held, wire.says("http", "204")]

    with Client(**raw_options) as client:
        results = client.send_many(numbered(9), concurrency=3)
        first = next(results)
        leaving = threading.Thread(target=results.close)  # type: ignore[attr-defined]
        leaving.start()
        release.set()
        leaving.join()
        logged = told(caplog)

    assert len(raw_gateway.requests) == 3
    assert logged == {index: ("accepted", "7") for index in range(3) if index != first.index}


def test_ctrl_c_in_a_sync_loop_waits_for_what_is_in_flight_and_logs_how_it_ended(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    raw_gateway.script = [accepting(wire, release)]

    def hear(*_: object) -> None:
        release.set()
        raise KeyboardInterrupt

    def press() -> None:
        raw_gateway.wait_for(3)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, hear)
    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        with Client(**raw_options) as client, pytest.raises(KeyboardInterrupt):
            list(client.send_many(numbered(9), concurrency=3))
    finally:
        signal.signal(signal.SIGINT, before)
        pressing.join()

    assert len(raw_gateway.requests) == 3
    assert told(caplog) == dict.fromkeys(range(3), ("accepted", "7"))


def test_ctrl_c_while_an_attempt_begins_does_not_call_it_not_sent(
    raw_gateway: Any,
    wire: Any,
    raw_options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw_gateway.script = [wire.says("http", "100|7")]
    submit = ThreadPoolExecutor.submit

    def press(*args: Any) -> Any:
        submit(*args)
        raw_gateway.wait_for(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPoolExecutor, "submit", press)
    with Client(**raw_options) as client, pytest.raises(KeyboardInterrupt):
        list(client.send_many(numbered(9), concurrency=3))

    assert told(caplog) == {0: ("accepted", "7")}


def test_ctrl_c_before_an_attempt_begins_calls_it_not_sent(
    raw_gateway: Any,
    raw_options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def press(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadPoolExecutor, "submit", press)
    with Client(**raw_options) as client, pytest.raises(KeyboardInterrupt):
        list(client.send_many(numbered(9), concurrency=3))

    assert told(caplog) == {0: ("not-sent", "")}
    assert raw_gateway.requests == []


def test_ctrl_c_just_before_a_result_is_delivered_logs_it(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    raw_gateway.script = [wire.says("http", "100|7")]

    def press(frame: FrameType, _event: str, _: object) -> Any:
        file = frame.f_code.co_filename
        if "result = future.result()" in getline(file, frame.f_lineno):
            raise KeyboardInterrupt
        return press if file.endswith("_threads.py") else None

    before = sys.gettrace()
    with Client(**raw_options) as client:
        results = client.send_many(numbered(1))
        sys.settrace(press)
        try:
            with pytest.raises(KeyboardInterrupt):
                next(results)
        finally:
            sys.settrace(before)

    assert told(caplog) == {0: ("accepted", "7")}


async def test_closing_an_async_iterator_waits_for_what_is_in_flight_and_logs_how_it_ended(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    held = accepting(wire, release)
    raw_gateway.script = [held, held, wire.says("http", "204"), held]

    async with AsyncClient(**raw_options) as client:
        results = client.send_many(numbered(9), concurrency=3)
        first = await anext(results)
        leaving = asyncio.create_task(results.aclose())  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        release.set()
        await leaving
        logged = told(caplog)

    started = range(len(raw_gateway.requests))
    assert len(started) >= 3
    assert logged == {index: ("accepted", "7") for index in started if index != first.index}


async def test_cancelling_an_async_loop_cancels_what_is_in_flight_and_logs_it_as_unknown(
    raw_gateway: Any, wire: Any, raw_options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    raw_gateway.script = [accepting(wire, raw_gateway.over)]

    async def send(client: AsyncClient) -> None:
        async for _ in client.send_many(numbered(9), concurrency=3):
            raise AssertionError("nothing was answered")

    async with AsyncClient(**raw_options) as client:
        sending = asyncio.create_task(send(client))
        await asyncio.to_thread(raw_gateway.wait_for, 3)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    assert told(caplog) == dict.fromkeys(range(3), ("unknown", ""))
