"""Rows of a CSV, Excel or JSON Lines file, one at a time: memory does not grow with the file."""

from __future__ import annotations

from ._row import Row, SourceError
from ._source import HIDDEN_CHOICES, Hidden, Source

__all__ = ["HIDDEN_CHOICES", "Hidden", "Row", "Source", "SourceError"]
