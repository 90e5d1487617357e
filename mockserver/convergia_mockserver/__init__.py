"""A mock of Convergia México's SMS gateway, over SOAP and HTTP.

Names are imported when they are first used: the pytest plugin lives in this package, and a test
run that never asks for the mock server pays nothing for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .gateway import (
        Account,
        AccountError,
        Answer,
        Call,
        DeliveryPlan,
        Fault,
        FaultKind,
        Message,
        Space,
        World,
    )
    from .mock_server import MockServer

__all__ = [
    "Account",
    "AccountError",
    "Answer",
    "Call",
    "DeliveryPlan",
    "Fault",
    "FaultKind",
    "Message",
    "MockServer",
    "Space",
    "World",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = ".mock_server" if name == "MockServer" else ".gateway"
    return getattr(import_module(home, __name__), name)


def __dir__() -> list[str]:
    return __all__
