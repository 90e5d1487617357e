# ruff: noqa
# fmt: off
"""The operations of a WSDL, typed: gsoap.wsdl.

`convergia wsdl stubs` wrote this file; write it anew instead of editing it. Use it so:

    with Client() as sms:
        service = sms.service(Operations)
"""

from __future__ import annotations

import datetime
from typing import Any, NotRequired, Protocol, TypedDict

from convergia_sms import wsdl_names

Reporte = TypedDict(
    "Reporte",
    {
        "enviados": "int",
        "tasa": "float",
        "duracion": "Any",
        "por-hora": "NotRequired[list[int] | None]",
    },
)


class Operations(Protocol):
    """The methods of `Client.service(Operations)`."""

    def ping(self) -> None: ...

    @wsdl_names("querySms", {"pass_": "pass"})
    def querySms(self, *, user: str = ..., pass_: str = ..., msgid: str) -> str: ...

    @wsdl_names("report", {"pass_": "pass"})
    def report(
        self,
        *,
        user: str = ...,
        pass_: str = ...,
        day: datetime.date,
        detail: bool,
    ) -> Reporte: ...

    @wsdl_names("sendSms", {"pass_": "pass"})
    def sendSms(self, *, user: str = ..., pass_: str = ..., phone: str, text: str) -> str: ...


class AsyncOperations(Protocol):
    """The methods of `AsyncClient.service(AsyncOperations)`."""

    async def ping(self) -> None: ...

    @wsdl_names("querySms", {"pass_": "pass"})
    async def querySms(self, *, user: str = ..., pass_: str = ..., msgid: str) -> str: ...

    @wsdl_names("report", {"pass_": "pass"})
    async def report(
        self,
        *,
        user: str = ...,
        pass_: str = ...,
        day: datetime.date,
        detail: bool,
    ) -> Reporte: ...

    @wsdl_names("sendSms", {"pass_": "pass"})
    async def sendSms(self, *, user: str = ..., pass_: str = ..., phone: str, text: str) -> str: ...
