"""Tests that the password is never shown, in any failure and to any listener."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import gc
import html
import json
import logging
import pickle
import socket
import ssl
import traceback
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape as xml_escape

import pytest
from convergia_sms import AsyncClient, Client, Retries, Settings, Timeout
from convergia_sms._codecs.wire import Credentials, Request
from convergia_sms._redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSWORD = "s3cr&t-Pa$$"  # what `caller` calls with
SPELLINGS = [PASSWORD, quote(PASSWORD, safe=""), PASSWORD.replace("&", "&amp;")]


class Everything(logging.Handler):
    """A handler that keeps the records of all loggers, formatted as by a user's own handler."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.told: list[str] = []
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(f"{self.format(record)} {record.__dict__!r}")


@pytest.fixture
def listening() -> Iterator[list[str]]:
    """Set every logger to its lowest level."""
    handler = Everything()
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, [*logging.root.manager.loggerDict, "asyncio"])]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(1)
    root.addHandler(handler)
    yield handler.told
    root.removeHandler(handler)
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def everything_about(error: BaseException) -> list[str]:
    """The texts of an error, of its chain, and of its traceback as it is printed."""
    seen: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None:
            continue
        seen += [str(each), repr(each), repr(each.args), repr(vars(each))]
        seen += getattr(each, "__notes__", [])
        waiting += [each.__cause__, each.__context__]
    return [*seen, *traceback.format_exception(error)]


def our_variables(error: BaseException) -> list[str]:
    """Return the variables of our own frames, as pytest -l, Sentry and rich show them."""
    return [
        f"{name} = {value!r}"
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_globals["__name__"].startswith("convergia_sms")
        for name, value in frame.f_locals.items()
    ]


def assert_silent(texts: list[str]) -> None:
    for text in texts:
        for spelling in SPELLINGS:
            assert spelling not in text


ECHO = f"<html>Access denied for {PASSWORD} ({quote(PASSWORD, safe='')})</html>".encode()
FAILURES: dict[str, Any] = {
    "closed": lambda connection, _: connection.close(),
    "not http": b"\x00 nonsense\r\n\r\n",
    "bad header": b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: x\r\n\r\n100",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "echo": "echo",
    "echo with 500": "echo 500",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: /?password=x\r\nContent-Length: 0\r\n\r\n",
    "cookie": (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: =;=;\r\nSet-Cookie: a=b; expires=never\r\n"
        b"Content-Length: 3\r\n\r\n201"
    ),
    "too big": b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + b"x" * 3_000_000,
    "encoding": (
        f"HTTP/1.1 200 OK\r\nContent-Encoding: {PASSWORD}\r\nX-Echo: {PASSWORD}\r\n"
        "Content-Length: 3\r\n\r\n201"
    ).encode(),
    "rejected": "rejected",
    "accepted": "accepted",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_shows_the_password(
    caller: Callable[..., Any],
    raw_gateway: Any,
    wire: Any,
    transport: str,
    failure: str,
    listening: list[str],
) -> None:
    script = {
        "echo": wire.reply(ECHO),
        "echo 500": wire.reply(ECHO, "500 Internal Server Error"),
        "rejected": wire.says(transport, "201"),
        "accepted": wire.says(transport, "100|1"),
    }
    item = FAILURES[failure]
    raw_gateway.script = [script[item] if isinstance(item, str) else item]
    told: list[object] = []

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")  # an error would end the call before its request
        outcomes = caller(
            before_request=told.append,
            after_request=told.append,
            retries=Retries(status=1),
            timeout=Timeout(connect=5, read=0.5, total=10),
        ).call(("send", "5512345678", "Hola €"), ("status", "1"))
        gc.collect()

    for outcome in outcomes:
        assert_silent([repr(outcome), str(outcome)])
        if isinstance(outcome, BaseException):
            assert_silent([*everything_about(outcome), *our_variables(outcome)])
            assert_silent([repr(pickle.loads(pickle.dumps(outcome)))])
    assert listening
    assert told
    assert_silent([*listening, *map(repr, told), *(str(each.message) for each in warned)])


def test_no_refused_connection_shows_the_password(
    caller: Callable[..., Any], listening: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    (error,) = caller(base_url=f"http://127.0.0.1:{port}").call(("send", "5512345678", "Hola"))

    assert_silent([*everything_about(error), *listening])


def test_no_interruption_shows_the_password(
    raw_gateway: Any, transport: Any, listening: list[str]
) -> None:
    raw_gateway.script = [lambda connection, _: connection.recv(1)]

    async def interrupted() -> BaseException:
        async with AsyncClient(
            "demo", PASSWORD, base_url=raw_gateway.base_url, transport=transport
        ) as client:
            task = asyncio.create_task(client.send("5512345678", "Hola"))
            await asyncio.to_thread(raw_gateway.wait_for, 1)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as error:
                return error
        raise AssertionError("not cancelled")

    error = asyncio.run(interrupted(), debug=True)

    assert_silent([*everything_about(error), *listening])


def test_a_reply_that_repeats_the_credentials_is_masked_and_otherwise_unchanged(
    caller: Callable[..., Any], raw_gateway: Any, wire: Any
) -> None:
    raw_gateway.script = [wire.reply(ECHO)]

    assert caller().send().raw == b"<html>Access denied for *** (***)</html>"


def test_no_copy_of_settings_shows_the_password() -> None:
    user = quote(PASSWORD, safe="")
    settings = Settings.resolve("demo", PASSWORD, proxy=f"http://u:{user}@proxy:3128")
    told = dataclasses.asdict(settings)
    assert told["password"] == told["proxy"] == "***"
    assert_silent([repr(told), json.dumps(told, default=repr), repr(dataclasses.astuple(settings))])
    assert copy.deepcopy(settings).reveal_password() == PASSWORD
    assert dataclasses.replace(settings, transport="http").reveal_password() == PASSWORD
    assert pickle.loads(pickle.dumps(settings)).reveal_password() == PASSWORD


def test_no_repr_shows_the_password(transport: Any) -> None:
    with Client("demo", PASSWORD, transport=transport) as client:
        assert_silent([repr(client), str(client), repr(client.settings)])
    assert_silent(
        [
            repr(Credentials("demo", PASSWORD)),
            repr(Request("GET", f"/?password={PASSWORD}", (), PASSWORD.encode())),
            repr(Settings.resolve("demo", PASSWORD, proxy=f"http://u:{PASSWORD}@proxy:3128")),
        ]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": f"http://demo:{PASSWORD}@gateway:8181"},
        {"base_url": f"http://gateway/?password={PASSWORD}"},
        {"base_url": f"http://gateway:{PASSWORD}/"},
        {"base_url": f"http://demo:[{PASSWORD}]@gateway"},
        {"base_url": f"http://gateway:99999/{PASSWORD}"},
        {"proxy": f"https://u:{PASSWORD}@proxy:3128"},
        {"proxy": f"http://u:[{PASSWORD}]@proxy:3128"},
        {"proxy": f"http://u:{PASSWORD}/@proxy:3128"},
        {"proxy": f"http://u:{PASSWORD}\u2100@proxy:3128"},
        {"proxy": f"http://u:{PASSWORD}@proxy:99999"},
        {"proxy": f"http://u:{PASSWORD}@proxy:nope"},
        # A variable in ISO-8859-1 under a UTF-8 locale.
        {"password": f"{PASSWORD}\udcf1"},
    ],
)
def test_no_refused_setting_shows_the_password(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"base_url|proxy|password") as caught:
        Client("demo", **{"password": "x", **options})

    assert_silent(everything_about(caught.value))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "options",
    [
        {"base_url": f"http://demo:{PASSWORD}@gateway:8181"},
        {"proxy": f"http://u:{PASSWORD}@proxy:nope"},
        {"transport": "smtp"},
        {"timeout": -1},
        {"timeout": "soon"},
        {"profile": 7},
        {"profile": "/nowhere/profile.toml"},
        {"ca_file": 7},
    ],
)
def test_the_traceback_of_a_refused_client_shows_no_password(
    kind: Any, options: dict[str, Any]
) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        kind("demo", PASSWORD, **options)

    shown = our_variables(caught.value)
    assert_silent(shown)
    # The half-built client is among the variables: its repr tells what it is.
    assert f"self = <{kind.__name__} without settings>" in shown


@pytest.mark.parametrize(
    "spelling",
    [
        PASSWORD,
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower(),
        PASSWORD.replace("&", "&amp;"),
        "contrase\u00f1a".encode("iso-8859-1").decode("latin-1"),
    ],
)
def test_a_password_is_masked_in_every_spelling(spelling: str) -> None:
    redactor = Redactor(PASSWORD, "contraseña")

    assert redactor.mask(f"x {spelling} y".encode("latin-1")) == b"x *** y"


HARD = "a&b\"c'd<e>f/g\\h%i+j ñ€😀"
ESCAPES: dict[str, Callable[[str], str]] = {
    "bare": str,
    "percent": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "xml": xml_escape,
    "html": html.escape,
    "php": lambda text: html.escape(text).replace("&#x27;", "&#039;"),
    "json": lambda text: json.dumps(text)[1:-1],
    "utf-8 json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "php json": lambda text: json.dumps(text)[1:-1].replace("/", r"\/"),
    "numbers": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "json for html": lambda text: json.dumps(text)[1:-1].replace("&", r"\u0026"),
}


@pytest.mark.parametrize("inner", ESCAPES)
@pytest.mark.parametrize("outer", sorted(ESCAPES.keys() - {"numbers"}))
def test_a_password_is_masked_in_any_escaping_of_an_echo(inner: str, outer: str) -> None:
    text = ESCAPES[outer](ESCAPES[inner](HARD))

    assert Redactor(HARD).mask(f"x={text};".encode()) == b"x=***;"


def test_the_error_of_an_untrusted_certificate_shows_no_password() -> None:
    # What `ssl` raises holds host names only; this guards that our own words stay so.
    from convergia_sms._transports.sockets import described

    error = ssl.SSLCertVerificationError(1, PASSWORD)
    error.verify_message = "self-signed certificate"

    assert described(error) == "the certificate is not trusted: self-signed certificate"
