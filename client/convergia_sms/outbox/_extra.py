"""Say what to install where the `outbox` extra is missing."""

from __future__ import annotations

from importlib.util import find_spec

# pyrate-limiter is imported when a rate is used.
for _name in ("sqlalchemy", "pyrate_limiter"):
    if find_spec(_name) is None:
        raise ModuleNotFoundError(
            f"the outbox needs {_name}: pip install 'convergia-sms[outbox]'", name=_name
        )
