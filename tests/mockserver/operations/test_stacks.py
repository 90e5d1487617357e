"""Tests that every operation of every stack's WSDL answers zeep over sockets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import JournalQuery
from lxml import etree
from zeep.exceptions import Fault

from tests.mockserver.operations.stacks import STACKS, WSDLS, plain, serving, zeep_of

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import OperationCall

# By stack: how to send and ask with it, and what its other operations make up, called with nothing
# but user and password.
SEND = {
    "axis": ("enviar", "usuario clave celular texto"),
    "cxf": ("enviarMensaje", "usuario contrasena celular mensaje"),
    "dotnet-asmx": ("SendMessage", "UserName Password PhoneNumber MessageText"),
    "gsoap": ("sendSms", "user pass phone text"),
    "nusoap": ("enviar_mensaje", "username password number message extra"),
    "php-ext-soap": ("enviarSMS", "usuario password numero mensaje"),
    "sap": ("ZsmsEnviar", "Usuario Contrasena Celular Mensaje"),
    "spyne": ("send_sms", "username password number message"),
}
MOMENT = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
MADE_UP: list[tuple[str, str, dict[str, Any], Any]] = [
    (
        "axis",
        "consultarBajas",
        {"desde": date(2026, 1, 31)},
        [
            {
                "celular": "mock-celular",
                "fecha": date(2001, 2, 3),
                "definitiva": True,
                "veces": 12345,
            }
        ],
    ),
    (
        "axis",
        "registrarBaja",
        {"baja": {"celular": "55", "fecha": None, "definitiva": True, "veces": 1}},
        {
            "celular": "mock-celular",
            "fecha": date(2001, 2, 3),
            "definitiva": True,
            "veces": 12345,
        },
    ),
    (
        "cxf",
        "consultarSaldo",
        {},
        {"disponible": 12345, "vence": date(2001, 2, 3), "moneda": "mock-moneda"},
    ),
    (
        "cxf",
        "listarPlantillas",
        {"etiqueta": ["a", "b"]},
        [{"nombre": "mock-nombre", "campo": ["mock-campo"], "huella": b"mock"}],
    ),
    ("dotnet-asmx", "GetBalance", {}, Decimal("12345.67")),
    (
        "dotnet-asmx",
        "GetReport",
        {"From": MOMENT, "To": None, "States": {"State": ["Pending"]}},
        [
            {
                "Id": 12345,
                "Number": "mock-Number",
                "State": "Pending",
                "DeliveredAt": MOMENT,
                "Billed": True,
            }
        ],
    ),
    (
        "gsoap",
        "report",
        {"day": date(2026, 1, 31), "detail": True},
        {
            "enviados": 12345,
            "tasa": 12345.5,
            "duracion": timedelta(days=1, hours=2, minutes=3),
            "por-hora": [12345],
        },
    ),
    ("nusoap", "ConsultaSaldo", {}, "mock-return"),
    ("php-ext-soap", "consultaSaldo", {}, 12345.5),
    ("php-ext-soap", "listaNegra", {"numeros": []}, ["mock-item"]),
    (
        "sap",
        "ZsmsReporte",
        {},
        {
            "EtItems": {
                "item": [
                    {
                        "Posnr": "5555555555",
                        "Importe": Decimal("12345.67"),
                        "Detalle": {
                            "item": [
                                {
                                    "Fecha": "5555-55-55",
                                    "Numero": "5555555555",
                                    "Grupo": None,
                                    "Bytes": "6D6F636B",
                                }
                            ]
                        },
                    }
                ]
            },
            "EvTotal": Decimal("12345.67"),
        },
    ),
    ("spyne", "balance", {}, 12345),
    (
        "spyne",
        "campaigns",
        {"like": {"activa": True, "etiquetas": {"string": ["a"]}}},
        [
            {
                "nombre": "mock-nombre",
                "activa": True,
                "presupuesto": Decimal("12345.67"),
                "inicio": MOMENT,
                "etiquetas": {"string": ["mock-string"]},
            }
        ],
    ),
]


def credentials(stack: str, password: str = "demo") -> dict[str, str]:
    names = SEND[stack][1].split()
    return {names[0]: "demo", names[1]: password}


def test_each_stack_has_its_wsdl() -> None:
    assert sorted(SEND) == STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_the_guides_two_work_with_any_stack(stack: str, tmp_path: Path) -> None:
    operation, names = SEND[stack]
    values = ("demo", "demo", "525512345678", "Hola", "")
    with serving(stack, tmp_path) as server, zeep_of(server) as service:
        reply = service[operation](**dict(zip(names.split(), values, strict=False)))
        assert reply.startswith("100|")
        assert [message.text for message in server.space().inbox.all()] == ["Hola"]


@pytest.mark.parametrize(("stack", "operation", "arguments", "made_up"), MADE_UP)
def test_an_operation_answers_a_made_up_value_of_its_type(
    stack: str, operation: str, arguments: dict[str, Any], made_up: Any, tmp_path: Path
) -> None:
    with serving(stack, tmp_path) as server, zeep_of(server) as service:
        for _ in range(2):
            result = service[operation](**credentials(stack), **arguments)
            assert plain(result) == made_up
        entries, count = server.space().journal.find(JournalQuery(operation=operation))
    assert count == 2
    assert [(entry.code, entry.findings) for entry in entries] == [(None, ())] * 2


@pytest.mark.parametrize(("stack", "operation", "arguments", "made_up"), MADE_UP)
def test_wrong_credentials_are_refused(
    stack: str, operation: str, arguments: dict[str, Any], made_up: Any, tmp_path: Path
) -> None:
    with (
        serving(stack, tmp_path) as server,
        zeep_of(server) as service,
        pytest.raises(Fault, match="Error de Autenticación") as refused,
    ):
        service[operation](**credentials(stack, "otra-clave"), **arguments)
    assert refused.value.code in ("SOAP-ENV:Client", "SOAP-ENV:Sender")


@pytest.mark.parametrize("stack", STACKS)
def test_the_published_wsdl_is_the_cached_one(stack: str, tmp_path: Path) -> None:
    with serving(stack, tmp_path) as server, zeep_of(server) as service:
        wsdl = service._client.wsdl
        assert {port.binding_options["address"] for s in wsdl.services.values()
                for port in s.ports.values()} == {server.url_for("soap")}  # fmt: skip
        cached = etree.parse(WSDLS / f"{stack}.wsdl")
        bound = cached.iter("{http://schemas.xmlsoap.org/wsdl/}binding")
        names = {
            child.get("name")
            for binding in bound
            for child in binding.iterfind("{*}operation[@name]")
        }
        assert names == {name for b in wsdl.bindings.values() for name in b._operations}


def test_an_operation_without_arguments_or_without_a_result_answers(tmp_path: Path) -> None:
    with serving("php-ext-soap", tmp_path) as server, zeep_of(server) as service:
        assert service.horaServidor() == MOMENT
    with serving("gsoap", tmp_path) as server, zeep_of(server) as service:
        assert service.ping() is None


def test_a_path_names_the_space_of_an_operation_without_credentials(tmp_path: Path) -> None:
    with (
        serving("php-ext-soap", tmp_path) as server,
        zeep_of(server, space="otro") as service,
    ):
        there = server.space("otro")
        there.script(operation="horaServidor", returns="2026-01-31T00:00:00Z")
        assert service.horaServidor() == datetime(2026, 1, 31, tzinfo=UTC)
        assert service.horaServidor() == MOMENT
        assert there.journal.count(JournalQuery(operation="horaServidor")) == 2
        assert server.space().journal.count() == 0


def test_a_bare_document_of_one_text_arrives_and_returns(tmp_path: Path) -> None:
    with serving("sap", tmp_path) as server, zeep_of(server) as service:
        seen: list[OperationCall] = []

        def version(call: OperationCall) -> str:
            seen.append(call)
            return "7.5"

        server.space().operations.register("ZsmsVersion", version)
        assert service.ZsmsVersion("cuál") == "7.5"
        assert [call.arguments for call in seen] == [{"ZsmsVersion": "cuál"}]


def test_nested_arguments_reach_a_function_as_python_values(tmp_path: Path) -> None:
    with serving("spyne", tmp_path) as server, zeep_of(server) as service:
        seen: list[OperationCall] = []

        def campaigns(call: OperationCall) -> list[Any]:
            seen.append(call)
            return [call.arguments["like"], call.arguments["like"]]

        server.space().operations.register("campaigns", campaigns)
        like = {
            "nombre": "Año <nuevo> & más",
            "activa": False,
            "presupuesto": Decimal("10.50"),
            "inicio": MOMENT,
            "etiquetas": {"string": ["a", "b"]},
        }
        result = plain(service.campaigns("demo", "demo", like))
        assert result == [like, like]
    (call,) = seen
    assert call.username == "demo"
    assert call.arguments == {
        "username": "demo",
        "like": {**like, "etiquetas": ["a", "b"]},
    }


@pytest.mark.parametrize(
    ("stack", "port"), [("dotnet-asmx", "dotnet-asmxsoap12Port"), ("sap", None)]
)
def test_soap_12_is_spoken_where_the_wsdl_offers_it(
    stack: str, port: str | None, tmp_path: Path
) -> None:
    operation = "GetBalance" if stack == "dotnet-asmx" else "ZsmsReporte"
    with serving(stack, tmp_path) as server, zeep_of(server, port) as service:
        assert service[operation](**credentials(stack)) is not None
        with pytest.raises(Fault) as refused:
            service[operation](**credentials(stack, "otra"))
        assert refused.value.code == "SOAP-ENV:Sender"
        entries, _ = server.space().journal.find(JournalQuery(operation=operation))
    entry = entries[0]
    assert entry.findings == ()
    assert "http://www.w3.org/2003/05/soap-envelope" in entry.reply.body
    assert dict(entry.reply.headers)["content-type"].startswith("application/soap+xml")
