"""The command that installs an extra of this package."""

from __future__ import annotations

__all__ = ["install_command"]

_NAME = "convergia-sms"


def install_command(extra: str) -> str:
    """Return the `pip install` command for an extra, or for the package alone if it is empty.

    If the package was installed from a clone or from a wheel file, the command names that path,
    because a package index need not have the package.
    """
    where = _path() or _NAME
    return f"pip install '{where}[{extra}]'" if extra else f"pip install '{where}'"


def _path() -> str:
    """Return the path that the package was installed from, or an empty text."""
    # Imported here, because only an error needs them.
    import json
    import re
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import unquote, urlsplit

    try:
        recorded = distribution(_NAME).read_text("direct_url.json")  # written by pip, see PEP 610
    except PackageNotFoundError:
        return ""
    url = urlsplit(json.loads(recorded or "{}").get("url", ""))
    if url.scheme != "file":
        return ""
    path = unquote(url.path)
    has_drive = re.match("/[A-Za-z]:/", path)  # file:///C:/clone, on Windows
    return path[1:] if has_drive else path
