"""`convergia codes`: the guide's two tables of codes, with the Python name of each."""

from __future__ import annotations

import click

from convergia_sms._errors import (
    MessageNotFoundError,
    QueryAuthenticationError,
    caught_as,
    rejection,
)
from convergia_sms._models import DeliveryStatus

from ._json import json_option, json_wanted, print_json
from ._options import account_profile_option
from ._table import print_table

_ACCEPTED = 100
_STATUS_ERRORS = {5: QueryAuthenticationError, 6: MessageNotFoundError}


@click.command()
@account_profile_option
@json_option
def codes(profile: str | None) -> None:
    """List every code of the guide, with its name in Python.

    "Retryable" comes from the profile, not from the guide: such an error is temporary.
    """
    from convergia_wsdl import load_guide, load_profile

    guide = load_guide()
    retryable = load_profile(profile).errors.retryable
    tables: dict[str, list[dict[str, object]]] = {
        "send": [
            {
                "code": code.code,
                "description": code.text,
                "error": None if code.code == _ACCEPTED else caught_as(rejection(code.code)),
                "retryable": code.code in retryable,
            }
            for code in guide.send.codes
        ],
        "status": [
            {"code": code.code, "description": code.text, **_state(code.code)}
            for code in guide.status.codes
        ],
    }
    if json_wanted():
        print_json(tables)
        return
    print_table(
        ("API", "Code", "The guide's text", "In Python", ""),
        [
            (
                api,
                row["code"],
                row["description"],
                row["error"] or row.get("state") or "Receipt",
                "retryable" if row.get("retryable") else "",
            )
            for api, rows in tables.items()
            for row in rows
        ],
        worded=(4,),
    )


def _state(code: int) -> dict[str, object]:
    error = _STATUS_ERRORS.get(code)
    if error:
        return {"error": caught_as(error), "state": None}
    return {"error": None, "state": f"DeliveryStatus.{DeliveryStatus(code).name}"}
