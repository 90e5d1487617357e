"""Reading options from environment variables, for containers and systemd units."""

from __future__ import annotations

import click

_PREFIX = "CONVERGIA_MOCKSERVER_"


def options_from_environment(command: click.Command) -> click.Command:
    """Read each option from the environment too: `--fail-on` from `CONVERGIA_MOCKSERVER_FAIL_ON`.

    The command line has precedence. The option's own variable, if any, comes last.
    """
    for option in command.params:
        if isinstance(option, click.Option):
            own = option.envvar or ()
            option.envvar = (_variable(option), *((own,) if isinstance(own, str) else own))
    return command


def _variable(option: click.Option) -> str:
    return _PREFIX + max(option.opts, key=len).lstrip("-").replace("-", "_").upper()
