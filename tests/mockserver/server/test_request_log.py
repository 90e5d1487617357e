"""Tests of the request log on the terminal."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import MockServer
from convergia_mockserver.cli.request_log import RequestLog

from tests.mockserver.server import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver.cli.request_log import LogFormat


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with MockServer() as running:
        yield running


def lines(server: MockServer, form: LogFormat, *requests: dict[str, str]) -> list[str]:
    """Return the lines that are written for sends over HTTP, in a space of their own."""
    reader, writer = os.pipe()
    log = RequestLog(writer, server.world.profile, form)
    server.world.observers.append(log)
    space = server.world.fresh("log")
    try:
        for request in requests:
            wire.send("http", f"{server.base_url}/s/{space.name}", **request)
        log.close(60)
    finally:
        server.world.observers.remove(log)
        server.world.delete(space.name)
        os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as file:
        return file.read().splitlines()


def test_a_log_line_shows_the_request_and_its_answer(server: MockServer) -> None:
    sent, faulty = lines(
        server,
        "text",
        {"number": "525512345678", "password": "demo"},
        {"number": "520000002005"},
    )
    assert "  log-" in sent
    assert "  http  send      525512345678  100 " in sent
    assert sent.endswith(" ms")
    assert "520000002005" in faulty
    assert "  100 " not in faulty


def test_programs_get_one_json_object_per_line(server: MockServer) -> None:
    first, second = map(
        json.loads, lines(server, "json", *[{"number": "525512345678", "message": "Hola"}] * 2)
    )
    assert first["code"] == second["code"] == 100
    assert (first["findings"], second["findings"]) == ([], ["resend"])
    assert (first["request"], second["request"]) == (1, 2)
    assert first["ms"] > 0
    assert first["space"].startswith("log-")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_password_and_no_text_is_written(server: MockServer, form: LogFormat) -> None:
    (line,) = lines(server, form, {"password": "s3cr3t-word", "message": "only for her"})
    assert "s3cr3t-word" not in line
    assert "only for her" not in line
    assert "201" in line


def test_a_hostile_number_stays_in_its_line(server: MockServer) -> None:
    (line,) = lines(server, "text", {"number": "%1b[2J%0aforged" + "9" * 500})
    assert "\x1b" not in line
    assert len(line) < 200


def test_a_terminal_that_does_not_read_delays_no_request(server: MockServer) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:  # fill the pipe
        try:
            os.write(writer, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    log = RequestLog(writer, server.world.profile, "text")
    server.world.observers.append(log)
    try:
        replies = [wire.send("http", f"{server.base_url}/s/stuck") for _ in range(3)]
    finally:
        server.world.observers.remove(log)
        os.close(reader)  # which ends the thread that waits
        log.close(60)
        server.world.delete("stuck")
        os.close(writer)
    assert [reply.body[:3] for reply in replies] == [b"100"] * 3


def test_a_closed_pipe_costs_lines_and_no_request(server: MockServer) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = RequestLog(writer, server.world.profile, "json")
    server.world.observers.append(log)
    try:
        replies = [wire.send("http", f"{server.base_url}/s/closed") for _ in range(3)]
        log.close(60)
    finally:
        server.world.observers.remove(log)
        server.world.delete("closed")
        os.close(writer)
    assert [reply.body[:3] for reply in replies] == [b"100"] * 3
