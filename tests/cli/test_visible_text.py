"""Tests that text from a gateway cannot control the terminal."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner
from convergia_sms.cli._failures import CommandFailure
from convergia_sms.cli._json import print_json
from convergia_sms.cli._output import visible
from convergia_sms.cli._table import print_table

OBEYED = [
    "\x00",
    "\x07",
    "\x08",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\x9b31m",
    "\u200f",
    "\u202e",
    "\u2066",
]


@pytest.mark.parametrize("what", OBEYED)
def test_nothing_that_a_terminal_obeys_is_printed(what: str) -> None:
    @click.command()
    def show() -> None:
        print_table(("a", "b"), [("x", f"1{what}2")])
        print_json({"reply": f"1{what}2"}, line=True)
        CommandFailure(f"reply: 1{what}2", "").show()

    done = CliRunner().invoke(show)

    assert what[0] not in done.output
    row, document, error = done.output.splitlines()
    escaped = f"1\\u{ord(what[0]):04x}{what[1:]}2"
    assert row in {f"x\t{escaped}", "x\t1 2"}
    assert error == f"Error: reply: {escaped}"
    assert json.loads(document) == {"reply": f"1{what}2"}


@pytest.mark.parametrize("text", ["Hola, ¿qué tal?", "a\tb\nc", "😀 €", ""])
def test_an_ordinary_text_is_printed_as_it_is(text: str) -> None:
    assert visible(text) == text
