"""The journal: every request with its reply, and what is odd about it."""

from .entries import JournalEntry, StoredEntry
from .exchanges import Exchange, RecordedReply, RecordedRequest
from .findings import Finding
from .journal import Journal
from .query import JournalQuery
from .storage import JournalStorage

__all__ = [
    "Exchange",
    "Finding",
    "Journal",
    "JournalEntry",
    "JournalQuery",
    "JournalStorage",
    "RecordedReply",
    "RecordedRequest",
    "StoredEntry",
]
