"""Tests of the GET face: it reads URLs as PHP does, and replies in the profile's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_mockserver.faces.http_get import HttpFace
from convergia_mockserver.faces.wire import RawRequest, Reply
from convergia_mockserver.gateway.calls import Answer, Call
from convergia_wsdl import ContractError, load_guide, load_profile

if TYPE_CHECKING:
    from pathlib import Path


def get(query: str, path: str = "/", **changes: object) -> RawRequest:
    fields: dict[str, object] = {"method": "GET", "headers": (), **changes}
    return RawRequest(path=path, query=query.encode("latin-1"), **fields)  # type: ignore[arg-type]


def face() -> HttpFace:
    return HttpFace(load_guide(), load_profile())


def call(query: str, path: str = "/", **changes: object) -> Call:
    read = face().read(get(query, path, **changes))
    assert isinstance(read, Call)
    return read


def test_the_guides_url_is_a_send() -> None:
    read = call("username=demo&password=p&number=525512345678&message=Hola+%C3%B1&extra=r%201")
    assert (read.face, read.operation, read.findings) == ("http", "send", ())
    assert read.arguments == {
        "username": "demo",
        "password": "p",
        "number": "525512345678",
        "message": "Hola ñ",
        "extra": "r 1",
    }


def test_the_guides_status_url_is_a_query() -> None:
    read = call("username=demo&password=p&messageid=7", "/estatus_mensaje.php")
    assert read.operation == "status"
    assert read.arguments == {"username": "demo", "password": "p", "messageid": "7"}


def test_an_absent_parameter_is_absent_and_an_empty_one_is_empty() -> None:
    assert call("username=&password").arguments == {"username": "", "password": ""}


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("username=a&username=b", "b"),
        ("username[]=a", ""),
        ("username=a&username[x]=b", ""),
        ("username[x]=a&username=b", "b"),
        ("%20username=a", "a"),
        ("username%00x=a", "a"),
        ("username=%zz%4", "%zz%4"),
        ("username=a+b%2B", "a b+"),
        ("username=a=b", "a=b"),
        ("user%6Eame=a", "a"),
    ],
)
def test_the_url_is_read_as_php_reads_it(query: str, value: str) -> None:
    assert call(query).arguments == {"username": value}


def test_variables_beyond_phps_limit_are_dropped() -> None:
    assert call("&".join(["a=1"] * 1000 + ["username=x"])).arguments == {}


def test_a_body_is_not_read() -> None:
    read = call("", method="POST", body=b"username=demo&password=demo")
    assert read.arguments == {}
    assert any("body" in finding for finding in read.findings)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_any_method_sends_and_is_named_in_a_finding(method: str) -> None:
    read = call("username=demo", method=method)
    assert read.operation == "send"
    assert read.findings == (f"{method} does what GET does: PHP reads only the URL",)


def test_bad_utf_8_becomes_replacement_characters_and_a_finding() -> None:
    read = call("message=a%F1o")
    assert read.arguments == {"message": "a\ufffdo"}
    assert read.findings == ("message holds bytes that are not utf-8",)


@pytest.mark.parametrize("query", ["password=se&cret=1", "password[]=secret", "p=secret&p=secret"])
def test_findings_tell_no_name_and_no_value_of_the_senders(query: str) -> None:
    findings = call(query).findings
    assert findings
    assert not any("cret" in finding for finding in findings)


@pytest.mark.parametrize("path", ["/x", "/webservice.php", "/estatus_mensaje.php/x"])
def test_another_path_is_not_found(path: str) -> None:
    read = face().read(get("username=demo", path))
    assert isinstance(read, Reply)
    assert read.status == 404


def test_an_answer_is_spelt_in_the_dialect_under_the_profiles_content_type() -> None:
    reply = face().write(Call("http", "send", {}), Answer(100, "100000001"))
    assert reply == Reply(200, ((b"content-type", b"text/html; charset=UTF-8"),), b"100|100000001")


def test_a_soap_only_dialect_is_refused(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('reply.http.send = { form = "struct" }\n')
    with pytest.raises(
        ContractError, match=r"reply\.http\.send: form 'struct' exists only over SOAP"
    ):
        HttpFace(load_guide(), load_profile(profile))
