"""`convergia status`: the delivery status of messages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from convergia_sms._errors import (
    ConvergiaError,
    MessageNotFoundError,
    QueryFailedError,
)
from convergia_sms._models import DeliveryStatus

from ._failures import CommandFailure, UnknownFailure, UsageFailure, failure
from ._json import json_option, json_wanted, print_json, print_json_lines
from ._options import SECONDS, Gateway, gateway_options
from ._output import notify, visible
from ._table import print_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_sms import Client

_NOT_FOUND = 6


@dataclass(frozen=True, slots=True)
class _State:
    """A message's status code: one of the guide's except 5."""

    message_id: str
    code: int

    @property
    def name(self) -> str:
        return "NOT_FOUND" if self.code == _NOT_FOUND else DeliveryStatus(self.code).name


@click.command()
@click.argument("message_ids", nargs=-1, required=True, metavar="ID...")
@click.option("--watch", is_flag=True, help="Repeat until each is delivered or has failed.")
@click.option(
    "--interval",
    type=SECONDS,
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: the time between two rounds of queries.",
)
@click.option(
    "--watch-timeout",
    type=SECONDS,
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: the time after which to give up.",
)
@gateway_options
@json_option
def status(
    gateway: Gateway,
    *,
    message_ids: tuple[str, ...],
    watch: bool,
    interval: float,
    watch_timeout: float,
) -> None:
    """Show the delivery status of the messages with these IDs.

    Exits with 0 if all are known (with --watch: delivered), 1 if one is not found (with --watch: or
    has failed), 3 if a reply cannot be understood or --watch gave up before the final state of a
    message, 4 if the gateway cannot be reached.

    --watch prints a line whenever the status of a message changes, and continues while the gateway
    is unreachable. With --json, each line is a document.
    """
    ids = tuple(dict.fromkeys(message_ids))
    if "" in ids:
        raise UsageFailure("an empty message id", "use the id that `convergia send` printed")
    from convergia_sms import Client

    with Client(settings=gateway.settings()) as client:
        if watch:
            states = _watch(client, ids, interval, watch_timeout)
        else:
            states = _ask_each(client, ids)
            _print(states)
    _conclude(states, watched=watch)


def _ask(client: Client, message_id: str) -> _State:
    try:
        return _State(message_id, client.status(message_id))
    except MessageNotFoundError:
        return _State(message_id, _NOT_FOUND)


def _ask_patiently(client: Client, message_id: str) -> _State | QueryFailedError:
    """Return the state, or the failure if another query may succeed."""
    try:
        return _ask(client, message_id)
    except QueryFailedError as error:
        if not error.retryable:
            raise
        return error


def _ask_each(client: Client, ids: tuple[str, ...]) -> list[_State]:
    """Query each message once. If a query fails, print the states known so far."""
    states: list[_State] = []
    for message_id in ids:
        try:
            states.append(_ask(client, message_id))
        except ConvergiaError as error:
            if states:
                _print(states)
            raise _failure_for(error, f"{message_id}: " if states else "") from error
    return states


def _failure_for(error: ConvergiaError, whose: str) -> CommandFailure:
    """Return the failure for `error`. `whose` names the message if states were printed."""
    ended = failure(error)
    return type(ended)(f"{whose}{ended.message}", ended.cure, in_json=True) if whose else ended


def _watch(client: Client, ids: tuple[str, ...], interval: float, timeout: float) -> list[_State]:
    """Query in rounds, and print changes, until nothing can change any more.

    After the gateway's first answer, times without a connection are waited out.
    """
    print_json_lines()
    last: dict[str, _State] = {}
    deadline = time.monotonic() + timeout
    while True:
        trouble: QueryFailedError | None = None
        for message_id in ids:
            before = last.get(message_id)
            if before is None or before.code == DeliveryStatus.PENDING:
                now = _ask_patiently(client, message_id)
                if isinstance(now, QueryFailedError):
                    trouble = now
                    continue
                last[message_id] = now
                if now != before:
                    _print([now], line=True)
        pending = any(state.code == DeliveryStatus.PENDING for state in last.values())
        if trouble is None and not pending:
            return list(last.values())
        if not last or time.monotonic() + interval > deadline:
            if trouble is None:
                return list(last.values())
            raise failure(trouble)
        if trouble is not None:
            notify(visible(f"Warning: {trouble}; continuing."), colour="yellow")
        time.sleep(interval)


def _print(states: Iterable[_State], *, line: bool = False) -> None:
    from convergia_wsdl import load_guide

    guide = load_guide().status
    rows = [(each.message_id, each.code, each.name, guide.text(each.code) or "") for each in states]
    names = ("message_id", "code", "name", "description")
    if not json_wanted():
        print_table(("Message id", "Code", "Status", "The guide's text"), rows, lines_only=line)
    elif line:
        for row in rows:
            print_json(dict(zip(names, row, strict=True)), line=True)
    else:
        print_json([dict(zip(names, row, strict=True)) for row in rows])


def _conclude(states: list[_State], *, watched: bool) -> None:
    by_code: dict[int, list[str]] = {}
    for state in states:
        by_code.setdefault(state.code, []).append(state.message_id)
    if lost := by_code.get(_NOT_FOUND):
        raise CommandFailure(
            f"not found: {', '.join(lost)}",
            "check the id and the account: an account sees only its own messages",
            in_json=True,
        )
    if watched and (failed := by_code.get(DeliveryStatus.FAILED)):
        raise CommandFailure(f"not delivered: {', '.join(failed)}", in_json=True)
    if watched and (pending := by_code.get(DeliveryStatus.PENDING)):
        raise UnknownFailure(
            f"still on their way: {', '.join(pending)}", "ask again later", in_json=True
        )
