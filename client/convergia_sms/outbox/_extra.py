"""Raise an error that says what to install if the `outbox` extra is missing."""

from __future__ import annotations

from importlib.util import find_spec

# Both are checked here, although pyrate-limiter is imported only when a rate is set.
for _name in ("sqlalchemy", "pyrate_limiter"):
    if find_spec(_name) is None:
        raise ModuleNotFoundError(
            f"the outbox needs {_name}: pip install 'convergia-sms[outbox]'", name=_name
        )
