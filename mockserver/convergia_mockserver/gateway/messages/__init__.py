"""Accepted messages and their delivery plans."""

from .delivery import DeliveryPlan
from .inbox import Inbox
from .plans import PlanBook, PlanDifferences, Plans
from .query import MessageQuery
from .storage import MessageStorage
from .store import MessageStore
from .stored import Message, StoredMessage

__all__ = [
    "DeliveryPlan",
    "Inbox",
    "Message",
    "MessageQuery",
    "MessageStorage",
    "MessageStore",
    "PlanBook",
    "PlanDifferences",
    "Plans",
    "StoredMessage",
]
