"""The `convergia` command.

`main` starts fast: the module of a command is imported only when the command runs. So are commands
that other packages register under the entry-point group `convergia.commands`.
"""

from __future__ import annotations

import click

from ._group import ConvergiaGroup

__all__ = ["main"]


@click.group(cls=ConvergiaGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="convergia-sms", prog_name="convergia-sms", message="%(prog)s %(version)s"
)
def main() -> None:
    """Send SMS through Convergia México, or try everything without sending any.

    Settings come from options, or else from the environment: CONVERGIA_BASE_URL,
    CONVERGIA_USERNAME, CONVERGIA_PASSWORD, CONVERGIA_TRANSPORT (soap or http), CONVERGIA_TIMEOUT,
    CONVERGIA_PROFILE. The password comes from the environment or a prompt, never from the command
    line.

    Exit codes: 0 done, 1 rejected or not sent, 2 usage, 3 outcome unknown, 4 gateway unreachable
    (only for commands that send nothing).
    """
