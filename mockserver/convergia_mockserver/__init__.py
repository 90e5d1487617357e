"""A mock of Convergia México's SMS gateway, over SOAP and HTTP.

Every type that users annotate or catch is exported here. A name is imported on its first use,
because the pytest plugin is in this package, and must be cheap for test runs without the mock
server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .gateway import (
        Account,
        AccountError,
        AccountView,
        Answer,
        Call,
        Clock,
        Coverage,
        Criteria,
        CriteriaOptions,
        Delay,
        DeliveryPlan,
        Event,
        FaceCoverage,
        FaceName,
        Fault,
        FaultKind,
        Finding,
        FindingKind,
        JournalEntry,
        JournalQuery,
        Message,
        MessageQuery,
        NearMiss,
        Operation,
        OperationAnswer,
        OperationCall,
        OperationError,
        OwnReply,
        Pattern,
        Plans,
        RecordedReply,
        RecordedRequest,
        RequestFinding,
        ReservedNumber,
        Script,
        ScriptAnswer,
        ScriptError,
        ScriptState,
        Snapshot,
        SnapshotError,
        SoapFault,
        Space,
        SpaceLimitError,
        SpaceNameError,
        SpaceSettings,
        StartFileError,
        Value,
        WaitTimeoutError,
        World,
        load_accounts,
        reserved_numbers,
    )
    from .gateway.search_time import PatternTimeError
    from .gateway.storage import StorageError
    from .mock_server import MockServer
    from .recording import RecordingError
    from .server.access import AdminTokenError
    from .server.proxies import ProxyError
    from .server.relay import RelayError
    from .server.tls import Tls, TlsError
    from .testing.mock_gateway import MockGateway

__all__ = [
    "Account",
    "AccountError",
    "AccountView",
    "AdminTokenError",
    "Answer",
    "Call",
    "Clock",
    "Coverage",
    "Criteria",
    "CriteriaOptions",
    "Delay",
    "DeliveryPlan",
    "Event",
    "FaceCoverage",
    "FaceName",
    "Fault",
    "FaultKind",
    "Finding",
    "FindingKind",
    "JournalEntry",
    "JournalQuery",
    "Message",
    "MessageQuery",
    "MockGateway",
    "MockServer",
    "NearMiss",
    "Operation",
    "OperationAnswer",
    "OperationCall",
    "OperationError",
    "OwnReply",
    "Pattern",
    "PatternTimeError",
    "Plans",
    "ProxyError",
    "RecordedReply",
    "RecordedRequest",
    "RecordingError",
    "RelayError",
    "RequestFinding",
    "ReservedNumber",
    "Script",
    "ScriptAnswer",
    "ScriptError",
    "ScriptState",
    "Snapshot",
    "SnapshotError",
    "SoapFault",
    "Space",
    "SpaceLimitError",
    "SpaceNameError",
    "SpaceSettings",
    "StartFileError",
    "StorageError",
    "Tls",
    "TlsError",
    "Value",
    "WaitTimeoutError",
    "World",
    "load_accounts",
    "reserved_numbers",
]

_HOMES = {
    "AdminTokenError": ".server.access",
    "MockGateway": ".testing.mock_gateway",
    "MockServer": ".mock_server",
    "PatternTimeError": ".gateway.search_time",
    "ProxyError": ".server.proxies",
    "RecordingError": ".recording",
    "RelayError": ".server.relay",
    "StorageError": ".gateway.storage",
    "Tls": ".server.tls",
    "TlsError": ".server.tls",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".gateway"), __name__), name)


def __dir__() -> list[str]:
    return __all__
