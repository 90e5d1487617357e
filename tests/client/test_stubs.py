"""Tests of `convergia wsdl stubs` and `service`: any WSDL's operations as typed methods."""

from __future__ import annotations

import asyncio
import importlib.util
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from convergia_mockserver import MockServer
from convergia_sms import AsyncClient, Client, OutcomeUnknownError, QueryFailedError, Retries
from convergia_sms._service import ServiceMethods
from convergia_sms._webservice.stubs import stubs
from convergia_sms.cli.wsdl import wsdl
from convergia_wsdl import load_profile

from tests.mockserver.operations.stacks import WSDLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from convergia_wsdl import Profile

STACKS = sorted(path.stem for path in Path(WSDLS).glob("*.wsdl"))
COMMITTED = Path(__file__).parents[1] / "types"


def profile_of(wsdl_file: Path, folder: Path) -> Profile:
    path = folder / "profile.toml"
    path.write_text(f"wsdl = '{wsdl_file}'\n", encoding="utf-8")
    return load_profile(path)


def loaded(source: str, folder: Path) -> ModuleType:
    file = folder / "stubs.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("stubs", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("stack", STACKS)
def test_any_stacks_wsdl_gives_a_module_and_the_same_each_time(stack: str, tmp_path: Path) -> None:
    profile = profile_of(Path(WSDLS) / f"{stack}.wsdl", tmp_path)
    source = stubs(profile)
    assert source == stubs(profile)
    module = loaded(source, tmp_path)
    assert set(vars(module.Operations)) & set(vars(module.AsyncOperations))


@pytest.mark.parametrize("stack", ["dotnet-asmx", "gsoap"])
def test_the_stubs_that_mypy_and_pyright_look_at_are_what_the_command_writes(
    stack: str, tmp_path: Path
) -> None:
    profile = profile_of(Path(WSDLS) / f"{stack}.wsdl", tmp_path)
    output = tmp_path / "out.py"
    arguments = ["stubs", "--profile", profile.source, "--output", str(output)]
    assert CliRunner().invoke(wsdl, arguments).exit_code == 0
    assert output.read_text() == (COMMITTED / f"stubs_{stack.replace('-', '_')}.py").read_text()


@pytest.fixture(scope="module")
def dotnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MockServer, Any]]:
    folder = tmp_path_factory.mktemp("dotnet")
    profile = profile_of(Path(WSDLS) / "dotnet-asmx.wsdl", folder)
    with MockServer(profile=profile) as server:
        yield server, loaded(stubs(profile), folder)


@pytest.fixture
def sms(dotnet: tuple[MockServer, Any], tmp_path: Path) -> Iterator[Client]:
    server, _ = dotnet
    profile = profile_of(Path(WSDLS) / "dotnet-asmx.wsdl", tmp_path)
    retries = Retries(status=0)
    url = server.base_url
    with Client("demo", "demo", base_url=url, profile=profile, retries=retries) as sms:
        yield sms


def test_a_method_calls_its_operation_and_structs_are_dicts(
    dotnet: tuple[MockServer, Any], sms: Client
) -> None:
    service = sms.service(dotnet[1].Operations)
    assert service.GetBalance() == Decimal("12345.67")
    moment = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    (line,) = service.GetReport(From=moment, To=None, States={"State": ["Pending"]})
    assert type(line) is dict
    assert line["DeliveredAt"] == moment


def test_an_async_method_calls_its_operation(dotnet: tuple[MockServer, Any], sms: Client) -> None:
    async def balance() -> object:
        async with AsyncClient(settings=sms.settings) as client:
            return await client.service(dotnet[1].AsyncOperations).GetBalance()

    assert asyncio.run(balance()) == Decimal("12345.67")


@pytest.mark.parametrize(
    ("repeatable", "error"), [((), OutcomeUnknownError), (["GetBalance"], QueryFailedError)]
)
def test_only_what_is_repeatable_is_a_question(
    dotnet: tuple[MockServer, Any], sms: Client, repeatable: list[str], error: type[Exception]
) -> None:
    server, module = dotnet
    server.space().script(fault="accepted-then-reset", operation="GetBalance")
    with pytest.raises(error):
        sms.service(module.Operations, repeatable=repeatable).GetBalance()


def test_a_missing_method_is_an_error_that_names_it(
    dotnet: tuple[MockServer, Any], sms: Client
) -> None:
    service = sms.service(dotnet[1].Operations)
    with pytest.raises(AttributeError, match="Operations has no method 'GetNothing'"):
        _ = service.GetNothing
    with pytest.raises(TypeError, match="repeatable: Operations has no method 'GetNothing'"):
        sms.service(dotnet[1].Operations, repeatable="GetNothing")
    with pytest.raises(TypeError, match="no argument 'when'"):
        service.GetBalance(when=date(2026, 1, 1))


HOSTILE = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
  targetNamespace="urn:t">
<types><xsd:schema targetNamespace="urn:t">
  <xsd:complexType name="Nodo"><xsd:sequence>
    <xsd:element name="class" type="xsd:string"/>
    <xsd:element name="hijo" type="t:Nodo" minOccurs="0" maxOccurs="unbounded"/>
    <xsd:element name="otro" type="o:Nodo" xmlns:o="urn:o"/>
  </xsd:sequence></xsd:complexType></xsd:schema>
 <xsd:schema targetNamespace="urn:o">
  <xsd:complexType name="Nodo"><xsd:sequence>
    <xsd:element name="a" type="xsd:int"/><xsd:element name="b" type="xsd:int"/>
  </xsd:sequence></xsd:complexType></xsd:schema></types>
<message name="in"><part name="from" type="xsd:string"/><part name="a-b" type="xsd:int"/>
  <part name="a.b" type="xsd:int"/><part name="self" type="t:Nodo"/></message>
<message name="out"><part name="return" type="t:Nodo"/></message>
<portType name="p"><operation name="import"><input message="t:in"/><output message="t:out"/>
</operation></portType>
<binding name="b" type="t:p"><soap:binding style="rpc"
 transport="http://schemas.xmlsoap.org/soap/http"/><operation name="import">
 <soap:operation soapAction="x"/><input><soap:body use="literal" namespace="urn:t"/></input>
 <output><soap:body use="literal" namespace="urn:t"/></output></operation></binding>
<service name="s"><port name="p" binding="t:b"><soap:address location="http://x/"/></port>
</service></definitions>"""


def test_names_that_python_cannot_have_and_types_that_hold_themselves(tmp_path: Path) -> None:
    file = tmp_path / 'odd """ name.wsdl'
    file.write_text(HOSTILE)
    source = stubs(profile_of(file, tmp_path))
    module = loaded(source, tmp_path)

    called: list[Any] = []

    def call(operation: str, arguments: Any, again: bool) -> None:
        called.append((operation, arguments, again))

    methods = ServiceMethods(module.Operations, call, ())
    methods.import_(from_="x", a_b=1, a_b_2=2, self_2={"class": "y"})
    assert called == [("import", {"from": "x", "a-b": 1, "a.b": 2, "self": {"class": "y"}}, False)]
    assert set(module.Nodo.__annotations__) == {"class", "hijo", "otro"}
    assert set(module.Nodo2.__annotations__) == {"a", "b"}
