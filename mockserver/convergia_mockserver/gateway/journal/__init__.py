"""The journal: every request with its reply, and what is odd about it."""

from .exchanges import Exchange, RecordedReply, RecordedRequest
from .findings import Finding
from .journal import Journal, JournalEntry, JournalQuery, StoredEntry

__all__ = [
    "Exchange",
    "Finding",
    "Journal",
    "JournalEntry",
    "JournalQuery",
    "RecordedReply",
    "RecordedRequest",
    "StoredEntry",
]
