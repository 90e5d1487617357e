"""The tables of the SQLite file."""

from __future__ import annotations

VERSION = 2
SCRIPTS = """
CREATE TABLE scripts (
  space TEXT NOT NULL, number INTEGER NOT NULL, script BLOB NOT NULL,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
"""
SCHEMA = f"""
CREATE TABLE messages (
  space TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
  message BLOB NOT NULL, gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
CREATE TABLE requests (
  space TEXT NOT NULL, number INTEGER NOT NULL, entry BLOB NOT NULL,
  PRIMARY KEY (space, number)
) WITHOUT ROWID;
CREATE TABLE spaces (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID;
{SCRIPTS}
PRAGMA user_version = {VERSION};
"""
