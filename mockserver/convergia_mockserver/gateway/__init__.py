"""The gateway's state and rules. Knows no HTTP, no SOAP, no socket: the faces import it."""

from .accounts import Account, AccountError, AccountView, load_accounts
from .calls import Answer, Call, FaceName, Operation, SoapFault, Value
from .clock import Clock
from .coverage import Coverage, FaceCoverage
from .criteria import Criteria, CriteriaOptions
from .events import Event
from .faults import Fault, FaultKind
from .journal import (
    Exchange,
    Finding,
    FindingKind,
    JournalEntry,
    JournalQuery,
    RecordedReply,
    RecordedRequest,
    RequestFinding,
)
from .messages import DeliveryPlan, Message, MessageQuery, Plans
from .operations import OperationAnswer, OperationCall, OperationError
from .own_reply import OwnReply
from .patterns import Pattern
from .reserved import ReservedNumber, reserved_numbers
from .scripts import Delay, NearMiss, Script, ScriptAnswer, ScriptError, ScriptState
from .settings import SpaceSettings
from .space import Space
from .start_file import StartFileError
from .storage import Snapshot, SnapshotError
from .waiting import WaitTimeoutError
from .world import DEFAULT_SPACE, SpaceLimitError, SpaceNameError, World

__all__ = [
    "DEFAULT_SPACE",
    "Account",
    "AccountError",
    "AccountView",
    "Answer",
    "Call",
    "Clock",
    "Coverage",
    "Criteria",
    "CriteriaOptions",
    "Delay",
    "DeliveryPlan",
    "Event",
    "Exchange",
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
    "NearMiss",
    "Operation",
    "OperationAnswer",
    "OperationCall",
    "OperationError",
    "OwnReply",
    "Pattern",
    "Plans",
    "RecordedReply",
    "RecordedRequest",
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
    "Value",
    "WaitTimeoutError",
    "World",
    "load_accounts",
    "reserved_numbers",
]
