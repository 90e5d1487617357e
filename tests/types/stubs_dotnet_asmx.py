# ruff: noqa
# fmt: off
"""The operations of a WSDL, typed: dotnet-asmx.wsdl.

`convergia wsdl stubs` wrote this file; write it anew instead of editing it. Use it so:

    with Client() as sms:
        service = sms.service(Operations)
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Literal, NotRequired, Protocol, TypedDict

ArrayOfState = TypedDict(
    "ArrayOfState",
    {
        "State": "NotRequired[list[Literal['Pending', 'Delivered']] | None]",
    },
)

ReportLine = TypedDict(
    "ReportLine",
    {
        "Id": "int",
        "Number": "NotRequired[str | None]",
        "State": "Literal['Pending', 'Delivered']",
        "DeliveredAt": "datetime.datetime | None",
        "Billed": "bool",
    },
)


class Operations(Protocol):
    """The methods of `Client.service(Operations)`."""

    def GetBalance(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
    ) -> Decimal: ...

    def GetMessageStatus(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        MessageId: str | None = ...,
    ) -> int: ...

    def GetReport(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        From: datetime.datetime,
        To: datetime.datetime | None,
        States: ArrayOfState | None = ...,
    ) -> list[ReportLine] | None: ...

    def SendMessage(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        PhoneNumber: str | None = ...,
        MessageText: str | None = ...,
    ) -> str | None: ...


class AsyncOperations(Protocol):
    """The methods of `AsyncClient.service(AsyncOperations)`."""

    async def GetBalance(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
    ) -> Decimal: ...

    async def GetMessageStatus(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        MessageId: str | None = ...,
    ) -> int: ...

    async def GetReport(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        From: datetime.datetime,
        To: datetime.datetime | None,
        States: ArrayOfState | None = ...,
    ) -> list[ReportLine] | None: ...

    async def SendMessage(
        self,
        *,
        UserName: str | None = ...,
        Password: str | None = ...,
        PhoneNumber: str | None = ...,
        MessageText: str | None = ...,
    ) -> str | None: ...
