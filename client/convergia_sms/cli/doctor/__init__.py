"""`convergia doctor`: why sending fails, without sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from convergia_sms.cli._failures import MEND_PROFILE, CommandFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._options import Gateway, gateway_options
from convergia_sms.cli._output import say
from convergia_sms.cli._table import print_table

if TYPE_CHECKING:
    from ._checks import Check

_COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "bright_black"}


@click.command()
@gateway_options
@json_option
def doctor(gateway: Gateway) -> None:
    """Check settings, profile, gateway, credentials and clock; send nothing.

    The credentials are checked by asking for a message that does not exist: the gateway answers 6
    (not found) to the right ones and 5 to the wrong ones.

    Exits with 0 unless a check failed; warnings are not failures.
    """
    from convergia_wsdl import ContractError

    from ._checks import Check, contract, recipients, settings_in_force, versions
    from ._gateway_checks import examine

    settings, origins, problem = settings_in_force(gateway)
    checks: list[Check] = [problem] if problem else []
    facts = {"versions": versions(), "settings": origins}
    if settings is not None:
        try:
            facts["contract"] = contract(settings)
        except ContractError as error:
            checks.append(Check("contract", "failed", str(error), MEND_PROFILE))
        checks += [recipients(settings), *examine(settings)]
    if json_wanted():
        print_json({**facts, "checks": checks})
    else:
        _print(facts, checks)
    if failed := [check.name for check in checks if check.verdict == "failed"]:
        raise CommandFailure(f"failed: {', '.join(failed)}", told=True)


def _print(facts: dict[str, dict[str, object]], checks: list[Check]) -> None:
    rows = []
    for section, values in facts.items():
        for name, value in values.items():
            shown = f"{value['value']} ({value['source']})" if isinstance(value, dict) else value
            rows.append((section, name, shown))
    print_table(("About", "Name", "Value"), rows)
    for check in checks:
        verdict = click.style(f"{check.verdict:8}", fg=_COLOURS[check.verdict], bold=True)
        say(f"{verdict} {check.name}: {check.finding}")
        if check.cure:
            say(f"{'':8} Cure: {check.cure}")
