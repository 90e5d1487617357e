"""Alembic's migrations of the outbox's tables; `Outbox.migrate()` runs them."""

from __future__ import annotations
