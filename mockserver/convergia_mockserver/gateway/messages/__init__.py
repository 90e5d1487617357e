"""Messages: those that were accepted, and what becomes of them."""

from .delivery import DeliveryPlan
from .inbox import Inbox
from .plans import PlanBook, Plans
from .stored import Message, MessageQuery, StoredMessage

__all__ = [
    "DeliveryPlan",
    "Inbox",
    "Message",
    "MessageQuery",
    "PlanBook",
    "Plans",
    "StoredMessage",
]
