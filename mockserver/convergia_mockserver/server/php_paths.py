"""Which of the gateway's scripts a path leads to, as Apache and PHP find one.

Source: Apache 2.4 with PHP 8.2 in its default set-up, asked. It takes several slashes for one,
follows `.` and `..`, answers `/` by `index.php`, and hands a script whatever follows its name in
the path. Upper case is another name; what leads to no script is 404.
"""

from __future__ import annotations

_INDEX = "index.php"
_SCRIPT = ".php"


def script(path: str) -> str:
    """The script that answers `path`, `/` for the index; `path` itself where there is none.

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
