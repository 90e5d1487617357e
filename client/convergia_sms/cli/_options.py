"""Options that several commands share."""

from __future__ import annotations

import click

profile_option = click.option(
    "--profile",
    metavar="FILE",
    envvar="CONVERGIA_PROFILE",
    type=click.Path(dir_okay=False),
    help="Assumptions to put in force (CONVERGIA_PROFILE).",
)
