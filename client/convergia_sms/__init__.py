"""Client for Convergia México's SMS gateway, over SOAP and HTTP.

    with Client(username="demo", password="demo", base_url="http://127.0.0.1:8181") as sms:
        receipt = sms.send("5512345678", "Su pedido va en camino")
        sms.status(receipt.message_id)

Importing this package loads none of its modules. Each name loads its module on first use, so that
zeep and the HTTP stack are imported only by programs that send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_sms._exports import exported

if TYPE_CHECKING:
    from ._async_client import AsyncClient
    from ._base import DamagedTextWarning
    from ._client import Client
    from ._errors import (
        AddressNotAllowedError,
        AuthenticationError,
        ConnectionFailedError,
        ConvergiaError,
        GatewayFaultError,
        GatewayUnavailableError,
        InvalidNumberError,
        LiveGatewayBlockedError,
        MessageNotFoundError,
        MessageTooLongError,
        MissingParameterError,
        NotSentError,
        OutcomeUnknownError,
        PasswordUnavailableError,
        QueryAuthenticationError,
        QueryError,
        QueryFailedError,
        QuotaExceededError,
        RecipientNotAllowedError,
        RejectedError,
        SendAuthenticationError,
        SendFailedError,
        TrafficNotAllowedError,
    )
    from ._models import DeliveryStatus, Message, Receipt, SendResult, Transport
    from ._observation import RequestInfo, ResponseInfo
    from ._retries import Retries
    from ._service import wsdl_names
    from ._settings import SettingOptions, Settings
    from ._telemetry import Telemetry
    from ._text import Preview, TextMeasure, Transliteration, measure, preview, transliterate
    from ._timeouts import Timeout

_MODULES = {
    "_async_client": ("AsyncClient",),
    "_base": ("DamagedTextWarning",),
    "_client": ("Client",),
    "_errors": (
        "AddressNotAllowedError",
        "AuthenticationError",
        "ConnectionFailedError",
        "ConvergiaError",
        "GatewayFaultError",
        "GatewayUnavailableError",
        "InvalidNumberError",
        "LiveGatewayBlockedError",
        "MessageNotFoundError",
        "MessageTooLongError",
        "MissingParameterError",
        "NotSentError",
        "OutcomeUnknownError",
        "PasswordUnavailableError",
        "QueryAuthenticationError",
        "QueryError",
        "QueryFailedError",
        "QuotaExceededError",
        "RecipientNotAllowedError",
        "RejectedError",
        "SendAuthenticationError",
        "SendFailedError",
        "TrafficNotAllowedError",
    ),
    "_models": ("DeliveryStatus", "Message", "Receipt", "SendResult", "Transport"),
    "_observation": ("RequestInfo", "ResponseInfo"),
    "_retries": ("Retries",),
    "_service": ("wsdl_names",),
    "_settings": ("SettingOptions", "Settings"),
    "_text": (
        "Preview",
        "TextMeasure",
        "Transliteration",
        "measure",
        "preview",
        "transliterate",
    ),
    "_telemetry": ("Telemetry",),
    "_timeouts": ("Timeout",),
}

__all__ = [
    "AddressNotAllowedError",
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "ConnectionFailedError",
    "ConvergiaError",
    "DamagedTextWarning",
    "DeliveryStatus",
    "GatewayFaultError",
    "GatewayUnavailableError",
    "InvalidNumberError",
    "LiveGatewayBlockedError",
    "Message",
    "MessageNotFoundError",
    "MessageTooLongError",
    "MissingParameterError",
    "NotSentError",
    "OutcomeUnknownError",
    "PasswordUnavailableError",
    "Preview",
    "QueryAuthenticationError",
    "QueryError",
    "QueryFailedError",
    "QuotaExceededError",
    "Receipt",
    "RecipientNotAllowedError",
    "RejectedError",
    "RequestInfo",
    "ResponseInfo",
    "Retries",
    "SendAuthenticationError",
    "SendFailedError",
    "SendResult",
    "SettingOptions",
    "Settings",
    "Telemetry",
    "TextMeasure",
    "Timeout",
    "TrafficNotAllowedError",
    "Transliteration",
    "Transport",
    "measure",
    "preview",
    "transliterate",
    "wsdl_names",
]


def __getattr__(name: str) -> object:
    return exported(__name__, _MODULES, name)


def __dir__() -> list[str]:
    return sorted(__all__)
