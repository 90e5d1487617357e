"""The journal of a space: every request with its reply and its findings."""

from .entries import JournalEntry, StoredEntry
from .exchanges import Exchange, RecordedReply, RecordedRequest
from .findings import Finding, FindingKind
from .gates import GATED, FindingGate, RequestFinding, check_kinds
from .journal import Journal
from .observers import RequestObserver
from .query import JournalQuery
from .storage import JournalStorage

__all__ = [
    "GATED",
    "Exchange",
    "Finding",
    "FindingGate",
    "FindingKind",
    "Journal",
    "JournalEntry",
    "JournalQuery",
    "JournalStorage",
    "RecordedReply",
    "RecordedRequest",
    "RequestFinding",
    "RequestObserver",
    "StoredEntry",
    "check_kinds",
]
