"""Raise an error that says what to install if the `outbox` extra is missing."""

from __future__ import annotations

from importlib.util import find_spec

from convergia_sms._extras import install_command

# Both are checked here, although pyrate-limiter is imported only when a rate is set.
for _name in ("sqlalchemy", "pyrate_limiter"):
    if find_spec(_name) is None:
        raise ModuleNotFoundError(
            f"the outbox needs {_name}: {install_command('outbox')}", name=_name
        )
