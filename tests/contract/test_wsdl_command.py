"""Tests of `convergia wsdl`: show, diff and refresh."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import convergia_contract
import pytest
from convergia_mockserver import MockServer
from convergia_sms._webservice.description import describe
from convergia_wsdl import load_profile

from tests.mockserver.operations.schemas import DECLARED, ELEMENTS, wsdl
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpserver import HTTPServer

WSDLS = Path(convergia_contract.__file__).with_name("wsdls")
STACKS = Path(__file__).parents[1] / "wsdls"
LEAVES = {
    *("string", "boolean", "decimal", "float", "double", "duration", "dateTime", "date"),
    *("integer", "int", "long", "short", "unsignedLong", "base64Binary", "hexBinary"),
}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if "CONVERGIA" not in name}
    return subprocess.run(
        [str(CONVERGIA), "wsdl", *map(str, arguments)],
        env=outside,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(*arguments: str | Path, exit_code: int = 0) -> Any:
    ran = run(*arguments, "--json")
    assert ran.returncode == exit_code, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def other() -> Iterator[MockServer]:
    with MockServer(profile=WSDLS / "nusoap-struct.toml") as server:
        yield server


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A profile with a WSDL of its own, which is the packaged one."""
    (tmp_path / "own.wsdl").write_bytes(load_profile().wsdl_bytes())
    profile = tmp_path / "profile.toml"
    profile.write_text('wsdl = "own.wsdl"\n')
    return profile


def test_show_prints_operations_parts_types_and_the_binding_found() -> None:
    shown = told("show", "--profile", WSDLS / "nusoap-struct.toml")
    send = next(one for one in shown["operations"] if one["binding"] == "send")
    assert (send["name"], send["style"], send["use"]) == ("mandar", "rpc", "encoded")
    assert {"part": "numero_celular", "type": "string", "parameter": "number"} in send["takes"]
    assert "folio: string" in send["returns"][0]["type"]


def test_show_prints_types_to_the_leaves_and_marks_other_operations(tmp_path: Path) -> None:
    (tmp_path / "net.wsdl").write_bytes(STACKS.joinpath("dotnet-asmx.wsdl").read_bytes())
    (tmp_path / "profile.toml").write_text('wsdl = "net.wsdl"\n')
    ran = run("show", "--profile", tmp_path / "profile.toml")
    rows = [line.split("\t")[:5] for line in ran.stdout.splitlines()]
    state = "string(Pending | Delivered)"
    assert ["GetReport", "neither", "takes", "States", f"{{State: {state}[]}}"] in rows
    line = f"Id: long, Number: string, State: {state}, DeliveredAt: dateTime, Billed: boolean"
    report = f"{{ReportLine: {{{line}}}[]}}"
    assert ["GetReport", "neither", "returns", "GetReportResult", report] in rows
    assert ["SendMessage", "send", "takes", "UserName", "string"] in rows


BAJA = "{celular: string, fecha: date, definitiva: boolean, veces: short}"


@pytest.mark.parametrize(
    ("stack", "operation", "takes", "returns"),
    [
        # Inherited elements, attributes, an element of a simple type, nothing at all.
        (
            "axis",
            "registrarBaja",
            f"usuario: string, clave: string, baja: {BAJA}",
            f"registrarBajaReturn: {BAJA}",
        ),
        (
            "cxf",
            "consultarSaldo",
            "usuario: string, contrasena: string",
            "return: {disponible: int, vence: date, moneda: string}",
        ),
        ("sap", "ZsmsVersion", "ZsmsVersion: string", "ZsmsVersionResponse: string"),
        (
            "sap",
            "ZsmsEstatus",
            "Usuario: string, Contrasena: string, IdMensaje: string",
            "EvResultado: string",
        ),
        ("gsoap", "ping", "", ""),
    ],
)
def test_show_prints_all_that_an_operation_takes_and_returns(
    stack: str, operation: str, takes: str, returns: str
) -> None:
    described = describe((STACKS / f"{stack}.wsdl").read_bytes(), stack).operations[operation]
    assert ", ".join(map(str, described.takes)) == takes
    assert ", ".join(map(str, described.returns)) == returns


def test_show_follows_groups_unions_lists_and_texts_with_attributes() -> None:
    takes = describe(wsdl(ELEMENTS, DECLARED).encode(), "declared").operations["all"].takes
    kinds = {value.name: value.type for value in takes}
    assert kinds["vUnionInline"] == "string(A) | int"
    assert kinds["vListOfThree"] == "int[]"
    assert kinds["vTextWithTwo"] == "{_value_1: decimal, moneda: string, b: int}"
    assert kinds["vTextRestricted"] == "{_value_1: decimal, moneda: string}"
    assert kinds["vAttributeFixed"] == "{x: int, a: string}"
    assert kinds["vAttributeElsewhere"] == "{x: int, ga: int}"
    assert kinds["vChoiceOfGroups"] == "{z: int, x: int, y: int}"
    assert kinds["vRepeated"] == "{x: int[], y: int[]}"
    assert kinds["vListOfLists"] == "{l: {x: int[]}[], y: int}"


def test_show_lists_an_operation_that_takes_and_returns_nothing(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text(f"wsdl = '{STACKS / 'gsoap.wsdl'}'\n")
    ran = run("show", "--profile", tmp_path / "profile.toml")
    assert ["ping", "neither"] in [line.split("\t")[:2] for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("stack", sorted(STACKS.glob("*.wsdl")), ids=lambda path: path.stem)
def test_no_type_of_any_stack_stops_before_its_leaves(stack: Path) -> None:
    described = describe(stack.read_bytes(), str(stack))
    told = [
        value.type for one in described.operations.values() for value in (*one.takes, *one.returns)
    ]
    words = {word for kind in told for word in re.findall(r"(?:^|: )([\w.:-]+)", kind)}
    assert words
    assert words <= LEAVES


@pytest.mark.parametrize("profile", sorted(WSDLS.glob("*.toml")), ids=lambda path: path.stem)
def test_show_finds_the_binding_in_every_wsdl_of_ours(profile: Path) -> None:
    shown = told("show", "--profile", profile)
    assert {one["binding"] for one in shown["operations"]} >= {"send", "status"}


def test_show_names_the_candidates_when_nothing_can_be_decided(tmp_path: Path) -> None:
    wsdl = load_profile().wsdl_bytes().replace(b'"number"', b'"xyz"')
    (tmp_path / "odd.wsdl").write_bytes(wsdl)
    (tmp_path / "profile.toml").write_text('wsdl = "odd.wsdl"\n')
    ran = run("show", "--profile", tmp_path / "profile.toml")
    assert ran.returncode == 1
    assert "enviar_mensaje(username, password, xyz, message, extra)" in ran.stderr


def test_diff_is_by_meaning(httpserver: HTTPServer) -> None:
    wsdl = load_profile().wsdl_bytes().decode("latin-1")
    respelt = re.sub(r"\bwsdl:|xmlns:wsdl", lambda found: found[0].replace("wsdl", "w"), wsdl)
    respelt = re.sub(r">\s+<", "><!-- same --><", respelt).replace("Envia un", "Manda un")
    respelt = re.sub(r'location="[^"]*"', 'location="http://otra.example.mx/"', respelt)
    httpserver.expect_request("/webservice.php").respond_with_data(respelt.encode("latin-1"))
    assert told("diff", "--base-url", httpserver.url_for("").rstrip("/"))["differences"] == []


def test_diff_with_what_serves_no_wsdl_blames_the_gateway(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/webservice.php").respond_with_data("<html>no</html>")
    ran = run("diff", "--base-url", httpserver.url_for("").rstrip("/"))
    assert ran.returncode == 1
    assert "is not a WSDL 1.1" in ran.stderr
    assert "profile" not in ran.stderr


def test_diff_reports_that_the_client_cannot_use_a_wsdl_with_imports(
    httpserver: HTTPServer,
) -> None:
    elsewhere = b'<import namespace="urn:x" location="http://127.0.0.1:9/x"/><types>'
    served = load_profile().wsdl_bytes().replace(b"<types>", elsewhere)
    httpserver.expect_request("/webservice.php").respond_with_data(served)
    report = told("diff", "--base-url", httpserver.url_for("").rstrip("/"), exit_code=1)
    (difference,) = report["differences"]
    assert difference.startswith("the client could not use it: ")
    assert "only files beside it are read" in difference


def test_diff_prints_every_difference_and_fails(other: MockServer) -> None:
    found = told("diff", "--base-url", other.base_url, exit_code=1)["differences"]
    assert "enviar_mensaje: is gone" in found
    assert any(one.startswith("mandar: is new, takes (numero_celular: string") for one in found)


def test_refresh_puts_the_live_wsdl_in_force_and_keeps_the_old_one(
    other: MockServer, mine: Path
) -> None:
    old = (mine.parent / "own.wsdl").read_bytes()
    done = told("refresh", "--base-url", other.base_url, "--profile", mine)
    assert Path(done["kept"]).read_bytes() == old
    bound = {one["binding"]: one["name"] for one in told("show", "--profile", mine)["operations"]}
    assert (bound["send"], bound["status"]) == ("mandar", "estado")
    assert told("diff", "--base-url", other.base_url, "--profile", mine)["differences"] == []


def test_refresh_into_a_folder_writes_a_profile_that_names_the_wsdl(
    other: MockServer, tmp_path: Path
) -> None:
    told("refresh", "--base-url", other.base_url, "--output", tmp_path / "new")
    assert b"mandar" in load_profile(tmp_path / "new" / "profile.toml").wsdl_bytes()


def test_refresh_never_changes_the_packages_own_wsdl(other: MockServer) -> None:
    before = load_profile().wsdl_bytes()
    ran = run("refresh", "--base-url", other.base_url)
    assert ran.returncode == 2
    assert "--output" in ran.stderr
    assert load_profile().wsdl_bytes() == before


@pytest.mark.parametrize(
    ("served", "says"),
    [
        (load_profile().wsdl_bytes().replace(b'"number"', b'"xyz"'), "no operation takes"),
        (b"<html>It works!</html>", "is not a WSDL"),
        (b"It works!", "is not XML"),
        (
            load_profile()
            .wsdl_bytes()
            .replace(
                b"<types>", b'<import namespace="urn:x" location="http://127.0.0.1:9/x"/><types>'
            ),
            "only files",
        ),
    ],
    ids=["no binding", "a page", "no XML", "an import from another host"],
)
def test_refresh_refuses_what_the_client_could_not_use(
    served: bytes, says: str, mine: Path, httpserver: HTTPServer
) -> None:
    before = (mine.parent / "own.wsdl").read_bytes()
    httpserver.expect_request("/webservice.php").respond_with_data(served)
    base_url = httpserver.url_for("").rstrip("/")
    ran = run("refresh", "--base-url", base_url, "--profile", mine)
    assert ran.returncode == 1
    assert says in ran.stderr
    assert base_url in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (mine.parent / "own.wsdl").read_bytes() == before
    assert sorted(path.name for path in mine.parent.iterdir()) == ["own.wsdl", "profile.toml"]


def test_a_redirect_is_not_followed(mine: Path, httpserver: HTTPServer) -> None:
    elsewhere = {"Location": httpserver.url_for("/elsewhere")}
    httpserver.expect_request("/webservice.php").respond_with_data(status=302, headers=elsewhere)
    ran = run("diff", "--base-url", httpserver.url_for("").rstrip("/"), "--profile", mine)
    assert ran.returncode == 1
    assert "HTTP 302" in ran.stderr
    assert len(httpserver.log) == 1


OPAQUE = """
wsdl = "opaque.wsdl"
number.pattern = "[0-9]{10}"
binding.synonyms.extra = ["otro"]
binding.send = { operation = "enviar_mensaje", parts = { username = "p1" } }
"""


@pytest.fixture
def opaque(tmp_path: Path) -> Path:
    """A profile that says of a WSDL what its names do not."""
    text = load_profile().wsdl_bytes().replace(b'name="username"', b'name="p1"', 1)
    (tmp_path / "opaque.wsdl").write_bytes(text)
    (tmp_path / "opaque.toml").write_text(OPAQUE)
    return tmp_path / "opaque.toml"


def test_refresh_into_a_folder_keeps_what_the_profile_in_force_says(
    opaque: Path, tmp_path: Path
) -> None:
    with MockServer(profile=opaque) as server:
        told(
            "refresh",
            "--base-url",
            server.base_url,
            "--profile",
            opaque,
            "--output",
            tmp_path / "d",
        )
    written = load_profile(tmp_path / "d" / "profile.toml")

    assert written.binding == load_profile(opaque).binding
    assert written.number.pattern == "[0-9]{10}"
    assert told("show", "--profile", tmp_path / "d" / "profile.toml")["operations"][0]["binding"]


def test_refresh_refuses_what_the_profile_in_the_folder_could_not_use(
    opaque: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "profile.toml").write_text('wsdl = "webservice.wsdl"\n')
    with MockServer(profile=opaque) as server:
        where = ("refresh", "--base-url", server.base_url, "--profile", opaque, "--output", folder)
        ran = run(*where)
        (folder / "profile.toml").write_text('wsdl = "other.wsdl"\n')
        elsewhere = run(*where)

    assert ran.returncode == elsewhere.returncode == 1
    assert "enviar_mensaje(p1, " in ran.stderr
    assert "names another WSDL" in elsewhere.stderr
    assert not (folder / "webservice.wsdl").exists()


@pytest.mark.parametrize("command", ["diff", "refresh"])
@pytest.mark.parametrize(
    ("url", "cure"),
    [
        ("127.0.0.1:8181", "the scheme is missing. Write 'http://127.0.0.1:8181'"),
        ("ftp://x", "the scheme is not http or https"),
        ("http://ana:clave@x", "it contains credentials"),
        ("http://[::1", "the host or port is not valid"),
    ],
)
def test_an_invalid_base_url_is_refused_and_not_shown(
    command: str, url: str, cure: str, mine: Path
) -> None:
    ran = run(command, "--base-url", url, "--profile", mine)
    assert ran.returncode == 2
    assert f"base_url: {cure}" in ran.stderr
    assert "Hint: correct the option or the variable" in ran.stderr
    assert "clave" not in ran.stderr
