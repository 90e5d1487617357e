"""The command `convergia demo`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from convergia_sms.cli._json import json_option, json_wanted, print_json

if TYPE_CHECKING:
    from .events import Event


@click.command()
@json_option
@click.pass_context
def demo(context: click.Context) -> None:
    """Start a mock gateway, send over SOAP and HTTP, and show every code of the guide.

    Nothing leaves this machine and nothing costs money. The exit code is 0 if all answers agree
    with the guide, and 1 if not.
    """
    from .machine_readable import document, print_lines
    from .run import demonstrate

    events: list[Event] = []
    if json_wanted():
        events += demonstrate()
        print_json(document(events))
    elif sys.stdout.isatty():
        from .terminal import show

        events += show(demonstrate())
    else:
        events += print_lines(demonstrate())
    wrong = [event for event in events if not getattr(event, "as_the_guide_says", True)]
    context.exit(1 if wrong else 0)
