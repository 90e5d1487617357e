"""The paths of a mock server: where each part is, and which part a path leads to.

Scripts are found as Apache and PHP find them. Source: Apache 2.4 with PHP 8.2 in its default
set-up, asked. It takes several slashes for one, follows `.` and `..`, answers `/` by `index.php`,
and hands a script whatever follows its name in the path. Case counts; what leads to no script is
404.
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
    """Return the path of a part, below the base URL.

    Raises:
        ValueError: there is no such part.
    """
    paths: dict[str, str] = {
        "soap": guide.webservice.path,
        "http": guide.send.path,
        "portal": "/portal/",
        "admin": "/__admin/",
    }
    if part not in paths:
        raise ValueError(f"no part {part!r}; there are: {', '.join(paths)}")
    return paths[part]


def prefix_of(space: str | None) -> str:
    """Return what stands before any path of a space; empty for None."""
    return "" if space is None else _SPACE + quote(space, safe="")


def split_space(path: str) -> tuple[str, str | None, str]:
    """Split `/s/NAME/rest` into prefix, name and script; any other path lacks the first two."""
    if not path.startswith(_SPACE):
        return "", None, script(path)
    name, _, rest = path[len(_SPACE) :].partition("/")
    return _SPACE + name, name, script("/" + rest)


def script(path: str) -> str:
    """Return the script that answers `path`: `/` for the index, `path` itself without a script.

    Args:
        path: percent-decoded.
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
