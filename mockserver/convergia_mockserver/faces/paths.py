"""The paths of the parts of a mock server.

Scripts are found as Apache and PHP find them, measured with Apache 2.4 and PHP 8.2 in their default
set-up. Apache treats several slashes as one, resolves `.` and `..`, answers `/` by `index.php`, and
passes the rest of the path after a script's name to the script. Paths are case-sensitive. A path
that leads to no script is 404.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

if TYPE_CHECKING:
    from convergia_wsdl import Guide

Part = Literal["soap", "http", "portal", "admin"]

_SPACE = "/s/"
_INDEX = "index.php"
_SCRIPT = ".php"


def path_of(part: Part, guide: Guide) -> str:
    """Return the path of a part, relative to the base URL.

    Raises:
        ValueError: if the part does not exist.
    """
    paths: dict[str, str] = {
        "soap": guide.webservice.path,
        "http": guide.send.path,
        "portal": "/portal/",
        "admin": "/__admin/",
    }
    if part not in paths:
        raise ValueError(f"the part {part!r} does not exist; it must be one of: {', '.join(paths)}")
    return paths[part]


def prefix_of(space: str | None) -> str:
    """Return the prefix of every path of a space. Empty for None."""
    return "" if space is None else _SPACE + quote(space, safe="")


def split_space(path: str) -> tuple[str, str | None, str]:
    """Split `/s/NAME/rest` into prefix, name and script. Other paths have no prefix and name."""
    if not path.startswith(_SPACE):
        return "", None, script(path)
    name, _, rest = path[len(_SPACE) :].partition("/")
    return _SPACE + name, name, script("/" + rest)


def script(path: str) -> str:
    """Return the script that answers `path`: `/` for the index, or `path` if it has no script.

    Args:
        path: the percent-decoded path.
    """
    if not ("//" in path or "/." in path or _SCRIPT + "/" in path or path.endswith(_INDEX)):
        return path
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            if not steps:
                return path
            steps.pop()
        elif step not in {"", "."}:
            steps.append(step)
    if not steps or steps[0] == _INDEX:
        return "/"
    for length, step in enumerate(steps, 1):
        if step.endswith(_SCRIPT):
            return "/" + "/".join(steps[:length])
    return path
