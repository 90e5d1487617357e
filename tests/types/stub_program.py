"""A user's program over the stubs of two WSDLs. Nothing runs it: mypy and pyright look at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, assert_type

from tests.types.stubs_dotnet_asmx import AsyncOperations, Operations
from tests.types.stubs_gsoap import Operations as Gsoap

if TYPE_CHECKING:
    from convergia_sms import AsyncClient, Client

    from tests.types.stubs_dotnet_asmx import ReportLine

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def report(sms: Client) -> list[ReportLine]:
    service = sms.service(Operations, repeatable=["GetReport"], timeout=5)
    lines = service.GetReport(From=NOW, To=None, States={"State": ["Pending"]}) or []
    for line in lines:
        assert_type(line["Id"], int)
    return lines


def per_hour(sms: Client) -> int:
    found = sms.service(Gsoap).report(day=NOW.date(), detail=True)
    return sum(found.get("por-hora") or []) + found["enviados"]


async def balance(sms: AsyncClient) -> str:
    return str(await sms.service(AsyncOperations).GetBalance())
