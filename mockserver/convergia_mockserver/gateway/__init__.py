"""The gateway's state and rules. Knows no HTTP, no SOAP, no socket: the faces import it."""

from .account_book import AccountView
from .accounts import Account, AccountError, load_accounts
from .calls import Answer, Call, FaceName, Operation
from .clock import Clock
from .coverage import Coverage, FaceCoverage
from .delivery import DeliveryPlan
from .events import Event
from .exchanges import Exchange, RecordedReply, RecordedRequest
from .faults import Fault, FaultKind
from .findings import Finding
from .journal import JournalEntry, JournalQuery
from .messages import Message, MessageQuery
from .patterns import Pattern
from .plan_book import Plans
from .reserved import ReservedNumber, reserved_numbers
from .scripts import Match, NearMiss, Script, ScriptAnswer, ScriptError, ScriptState
from .settings import SpaceSettings
from .snapshots import Snapshot, SnapshotError
from .space import Space, WaitTimeoutError
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
    "DeliveryPlan",
    "Event",
    "Exchange",
    "FaceCoverage",
    "FaceName",
    "Fault",
    "FaultKind",
    "Finding",
    "JournalEntry",
    "JournalQuery",
    "Match",
    "Message",
    "MessageQuery",
    "NearMiss",
    "Operation",
    "Pattern",
    "Plans",
    "RecordedReply",
    "RecordedRequest",
    "ReservedNumber",
    "Script",
    "ScriptAnswer",
    "ScriptError",
    "ScriptState",
    "Snapshot",
    "SnapshotError",
    "Space",
    "SpaceLimitError",
    "SpaceNameError",
    "SpaceSettings",
    "WaitTimeoutError",
    "World",
    "load_accounts",
    "reserved_numbers",
]
