"""The gateway's state and rules. Knows no HTTP, no SOAP, no socket: the faces import it."""

from .accounts import Account, AccountError, load_accounts
from .calls import Answer, Call, FaceName, Operation
from .clock import Clock
from .delivery import DeliveryPlan
from .faults import Fault, FaultKind
from .messages import Message
from .reserved import ReservedNumber, reserved_numbers
from .space import Space, SpaceSettings
from .world import DEFAULT_SPACE, SpaceLimitError, SpaceNameError, World

__all__ = [
    "DEFAULT_SPACE",
    "Account",
    "AccountError",
    "Answer",
    "Call",
    "Clock",
    "DeliveryPlan",
    "FaceName",
    "Fault",
    "FaultKind",
    "Message",
    "Operation",
    "ReservedNumber",
    "Space",
    "SpaceLimitError",
    "SpaceNameError",
    "SpaceSettings",
    "World",
    "load_accounts",
    "reserved_numbers",
]
