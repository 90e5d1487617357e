"""Hypothesis strategies for requests to the guide's two URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import strategies as st

from tests.mockserver.differential.exchange import Request
from tests.mockserver.differential.oddities import one_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

PARAMETERS = {
    b"/": ("username", "password", "number", "message", "extra"),
    b"/estatus_mensaje.php": ("username", "password", "messageid"),
}
# Other ways to the same scripts. (PHP's own web server hands unknown paths to index.php, as no
# other one does: they are no part of this.)
PATHS = {
    b"/": (
        b"/index.php",
        b"//",
        b"/./",
        b"/x/..",
        b"/index.php/x",
        b"/%69ndex.php",
        b"/index.php/",
    ),
    b"/estatus_mensaje.php": (
        *(b"//estatus_mensaje.php", b"/estatus_mensaje.php/", b"/estatus_mensaje.php/x/y.php"),
        *(b"/./estatus_mensaje.php", b"/x/../estatus_mensaje.php", b"/estatus%5Fmensaje.php"),
    ),
}
VALUES = {
    "username": ("demo",) * 9 + ("otro",),
    "password": ("demo",) * 9 + ("bad",),
    "number": (
        *("525512345678",) * 5,
        *("520000000254", "520000000306", "+525512345678", "5512345678", "525512345678%0A", ""),
    ),
    "message": ("Hola", "Hola+%C3%B1", "Hola%20mundo", "a%F1o", "%", "%zz", "x" * 160, "x" * 161,
                "%E2%82%AC" * 160, "%F0%9F%98%80", "", "0", "+", "%00", "a=b", "a;b"),
    "extra": ("ref-1", "", "%F1"),
    "messageid": (*("{ID}",) * 5, "6", "0", "%20{ID}", "{ID}%00"),
}  # fmt: skip
ODD_VALUES = ("", "+", "%", "%zz", "%00", "%F1", "%C3", "%20demo", "demo%20", "DEMO", "%64emo", "0")
odd_texts = st.text(max_size=6).map(lambda text: quote(text.encode("utf-8", "replace")))
METHODS = ("POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
NOISE = (
    *("debug=1", "=", "%", "username", "a[b][c]=1", "username" + "[x]" * 65 + "=1", "x" * 3000),
    *("&".join(["a=1"] * 999), "&".join(["a=1"] * 1001)),
)
MANGLED = (
    *("{}[]", "{}[0]", "{}[a][b]", "{}[", "{}[a", "{}%5B%5D", "{}]", "%20{}", "+{}", "{}%00"),
    *("{}.x", "{}%20", "[{}]", "{}%5B", "_{}", "{}[a]b"),
)


@st.composite
def requests(draw: DrawFn) -> Request:
    """A request to one of the two URLs, mostly as the guide has it."""
    path = draw(st.sampled_from(tuple(PARAMETERS)))
    pairs = [draw(pair(name)) for name in draw(parameter_names(PARAMETERS[path]))]
    if draw(one_in(10)):
        pairs.insert(draw(st.integers(0, len(pairs))), draw(st.sampled_from(NOISE)))
    separator = draw(st.sampled_from(("&",) * 10 + ("&&", ";", "&amp;")))
    query = separator.join(pairs).encode()
    if draw(one_in(5)):
        path = draw(st.sampled_from(PATHS[path]))
    method = draw(st.sampled_from(("GET",) * 16 + METHODS))
    target = path + (b"?" + query if query or draw(st.booleans()) else b"")
    if method == "POST" and draw(st.booleans()):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(method, path, form, query)
    return Request(method, target)


@st.composite
def parameter_names(draw: DrawFn, names: tuple[str, ...]) -> Sequence[str]:
    """The parameters; now and then some missing or repeated, or in another order."""
    at = draw(st.integers(0, len(names) - 1))
    match draw(st.integers(0, 9)):
        case 0:
            return draw(st.permutations(names))
        case 1:
            return names[:at]
        case 2:
            return [*names, names[at]]
        case 3:
            return [*names[:at], *names[at + 1 :]]
        case _:
            return names


@st.composite
def pair(draw: DrawFn, name: str) -> str:
    """`name=value`, the name or the value now and then odd."""
    key = (draw(st.sampled_from(MANGLED)) if draw(one_in(12)) else "{}").format(name)
    value = draw(st.sampled_from(VALUES[name]))
    if draw(one_in(12)):
        value = draw(st.sampled_from(ODD_VALUES) | odd_texts)
    if draw(one_in(25)):
        return draw(st.sampled_from((key, f"{key}=={value}", f"={value}")))
    return f"{key}={value}"
