"""`convergia doctor`: find out why sending fails, without sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import (
    FIX_PROFILE,
    CommandFailure,
    UnreachableFailure,
    UsageFailure,
)
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated, translated_word
from convergia_sms.cli._options import Gateway, gateway_options
from convergia_sms.cli._output import say, visible
from convergia_sms.cli._table import print_table

if TYPE_CHECKING:
    from ._checks import Check

_COLOURS = {"done": "green", "to do": "yellow", "cannot be known": "bright_black"}


@click.command()
@gateway_options
@json_option
def doctor(gateway: Gateway) -> None:
    """Check everything that sending needs, without sending a message.

    Each line is done, to do, or cannot be known from here, with the command to run. The account is
    checked by querying a message that does not exist: the gateway answers 6 (not found) if user and
    password are right, and 5 if they are wrong.

    Exit codes: 0 nothing prevents sending, 1 something does, 2 settings are missing or wrong, 4 the
    gateway cannot be reached.
    """
    from convergia_wsdl import ContractError, live_url_blocked

    from ._checks import (
        WATCHED,
        blocked,
        charset,
        contract,
        recipients,
        settings_in_force,
        versions,
    )
    from ._gateway_checks import examine

    settings, origins, problem = settings_in_force(gateway)
    checks: list[Check] = [problem] if problem else []
    facts = {"versions": versions(), "settings": origins}
    if settings is not None:
        try:
            facts["contract"] = contract(settings)
        except ContractError as error:
            checks.append(blocked("contract", str(error), FIX_PROFILE))
        checks += examine(settings)
        checks += [charset(settings), recipients(settings), WATCHED]
    if json_wanted():
        print_json({**facts, "checks": checks})
    else:
        _print(facts, checks)
    blocking = [check.name for check in checks if check.blocking]
    if not blocking:
        return
    if settings is None:
        raise UsageFailure(f"to do: {', '.join(blocking)}", in_json=True)
    unreachable = "network" in blocking and live_url_blocked(settings.base_url) is None
    kind = UnreachableFailure if unreachable else CommandFailure
    raise kind(f"to do: {', '.join(blocking)}", in_json=True)


def _print(facts: dict[str, dict[str, object]], checks: list[Check]) -> None:
    rows = []
    for section, values in facts.items():
        for name, value in values.items():
            shown = f"{value['value']} ({value['source']})" if isinstance(value, dict) else value
            rows.append((section, name, shown))
    print_table(("About", "Name", "Value"), rows, worded=(0,))
    width = max(map(len, map(translated_word, _COLOURS)))
    for check in checks:
        colour = "red" if check.blocking else _COLOURS[check.verdict]
        verdict = click.style(f"{translated_word(check.verdict):{width}}", fg=colour, bold=True)
        say(f"{verdict} {translated_word(check.name)}: {visible(translated(check.finding))}")
        if check.cure:
            say(f"{'':{width}} {translated(f'Hint: {check.cure}')}")
