"""The `convergia` command.

`main` starts in a blink: a command's module is imported when the command runs, and so are those
that other packages register under the entry-point group `convergia.commands`.
"""

from __future__ import annotations

import click

from ._group import ConvergiaGroup

__all__ = ["main"]


@click.group(cls=ConvergiaGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="convergia-sms", prog_name="convergia-sms")
def main() -> None:
    """Send SMS through Convergia México, and try it all out without sending any.

    Settings come from options, else from the environment: CONVERGIA_BASE_URL, CONVERGIA_USERNAME,
    CONVERGIA_PASSWORD, CONVERGIA_TRANSPORT (soap or http), CONVERGIA_TIMEOUT, CONVERGIA_PROFILE.
    The password comes from the environment or a prompt, never from the command line.

    Exit codes: 0 done, 1 rejected or not sent, 2 usage, 3 outcome unknown, 4 gateway unreachable
    (commands that only ask).
    """
