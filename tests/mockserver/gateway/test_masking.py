"""Tests that no spelling of a password gets into the journal."""

from __future__ import annotations

import pytest
from convergia_mockserver.gateway.journal.exchanges import (
    Exchange,
    masked_body,
    masked_target,
    packed,
    recorded,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "s3cr3t-w0rd"


@pytest.mark.parametrize(
    "query",
    [
        f"password={SECRET}",
        f"a=1&password={SECRET}&b=2",
        f"p%61ssword={SECRET}",
        f"PASSWORD={SECRET}",
        f"password[]={SECRET}",
        f"+password={SECRET}",
        f"password={SECRET}&password={SECRET}",
    ],
)
def test_in_a_query(query: str) -> None:
    assert SECRET.encode() not in masked_target(b"/?" + query.encode())


@pytest.mark.parametrize(
    "body",
    [
        f"<password>{SECRET}</password>",
        f'<password xsi:type="xsd:string">{SECRET}</password>',
        f"<m:password>{SECRET}</m:password>",
        f"<password\n>{SECRET}</password\n>",
        f"<password><![CDATA[{SECRET}]]></password>",
        f"<password>s3cr3t<!-- -->-w0rd</password><x>{SECRET[:0]}</x>",
        f"<password>{SECRET}",
        f"<Password>{SECRET}</Password>",
        f"<arg1>{SECRET}</arg1>",
        f'<password href="#1"/><multiRef id="1">{SECRET}</multiRef>',
        f"<arg1>\n  {SECRET}\n</arg1>",
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-16-le"])
def test_in_an_envelope(body: str, charset: str) -> None:
    shown = masked_body(body.encode(charset), SECRET)
    assert SECRET.encode() not in shown
    assert b"w0rd" not in shown


def test_a_user_name_equal_to_the_password_is_not_masked() -> None:
    body = b"<username>demo</username><password>demo</password>"
    assert masked_body(body, "demo") == b"<username>demo</username><password>***</password>"


def test_in_headers_and_in_the_curl_command() -> None:
    exchange = Exchange(
        "POST",
        f"/?password={SECRET}".encode(),
        "h",
        "http",
        "127.0.0.1",
        packed(
            [(b"authorization", SECRET.encode()), (b"cookie", SECRET.encode()), (b"x-a", b"it's")]
        ),
        b"body",
        200,
        b"",
        b"",
    )
    request, _ = recorded(exchange, SECRET)
    assert SECRET not in repr(request)
    assert SECRET not in repr(exchange)
    assert request.curl().endswith("'x-a: it'\"'\"'s' --data-binary body 'http://h/?password=***'")


@given(st.text(st.characters(exclude_characters="\0<>", codec="utf-8"), min_size=6))
def test_any_password_is_masked_between_its_tags(secret: str) -> None:
    body = f"<username>u</username><password>{secret}</password><number>n</number>".encode()
    assert masked_body(body, secret) == (
        b"<username>u</username><password>***</password><number>n</number>"
    )
