"""Hypothesis strategies for requests to the guide's two URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from hypothesis import strategies as st

from tests.mockserver.differential.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

PARAMETERS = {
    b"/": ("username", "password", "number", "message", "extra"),
    b"/estatus_mensaje.php": ("username", "password", "messageid"),
}
VALUES = {
    "username": ("demo", "demo", "demo", "demo", "otro", "", "DEMO", "demo+"),
    "password": ("demo", "demo", "demo", "demo", "bad", "", "%64emo"),
    "number": (
        *("525512345678",) * 5,
        *("520000000254", "520000000306", "+525512345678", "5512345678", "525512345678%0A", ""),
    ),
    "message": ("Hola", "Hola+%C3%B1", "Hola%20mundo", "a%F1o", "%", "%zz", "x" * 160, "x" * 161,
                "%E2%82%AC" * 160, "%F0%9F%98%80", "", "0", "+", "%00", "a=b", "a;b"),
    "extra": ("ref-1", "", "%F1"),
    "messageid": ("{ID}", "{ID}", "{ID}", "6", "", "0", "%20{ID}", "{ID}%00"),
}  # fmt: skip
MANGLED = (
    *("{}",) * 16,
    *("{}[]", "{}[0]", "{}[a][b]", "{}[", "{}[a", "{}%5B%5D", "{}]", "%20{}", "+{}", "{}%00"),
    *("{}.x", "{}%20", "[{}]", "{}%5B", "_{}", "{}[a]b"),
)


@st.composite
def requests(draw: DrawFn) -> Request:
    """A request to one of the two URLs, mostly as the guide has it."""
    path = draw(st.sampled_from(tuple(PARAMETERS)))
    names = list(PARAMETERS[path])
    match draw(st.integers(0, 7)):
        case 0:
            names = draw(st.permutations(names))
        case 1:
            names = names[: draw(st.integers(0, len(names)))]
        case 2:
            names.append(draw(st.sampled_from(names)))
        case 3:
            names.remove(draw(st.sampled_from(names)))
        case _:
            pass
    pairs = [draw(pair(name)) for name in names]
    if not draw(st.integers(0, 9)):
        pairs.insert(draw(st.integers(0, len(pairs))), draw(noise()))
    separator = draw(st.sampled_from(("&",) * 10 + ("&&", ";", "&amp;")))
    query = separator.join(pairs).encode()
    method = draw(st.sampled_from(("GET",) * 8 + ("POST", "HEAD", "PUT", "DELETE")))
    target = path + (b"?" + query if query or draw(st.booleans()) else b"")
    if method == "POST" and draw(st.booleans()):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(method, path, form, query)
    return Request(method, target)


@st.composite
def pair(draw: DrawFn, name: str) -> str:
    """`name=value`, the name or the value now and then odd."""
    key = draw(st.sampled_from(MANGLED)).format(name)
    odd = st.text(max_size=6).map(lambda text: quote(text.encode("utf-8", "replace")))
    value = draw(st.one_of(*(st.sampled_from(VALUES[name]),) * 4, odd))
    shapes = (*(f"{key}={value}",) * 12, key, f"{key}=={value}", f"={value}")
    return str(draw(st.sampled_from(shapes)))


@st.composite
def noise(draw: DrawFn) -> str:
    """Pairs that mean nothing, up to more than PHP takes."""
    return draw(
        st.sampled_from(
            (
                "debug=1",
                "=",
                "%",
                "username",
                "a[b][c]=1",
                "username" + "[x]" * 65 + "=1",
                "&".join(["a=1"] * 999),
                "&".join(["a=1"] * 1001),
                "x" * 3000,
            )
        )
    )
