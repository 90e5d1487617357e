"""Rehearsals: a client runs through every situation that the gateway can cause, and is judged.

Floors, from the top: `command` → `reports` → `rehearsal`, `serving` → `stage`, `judge` → `rules`
→ `observation`, `programs`, `scenarios`, `expectations`, `texts`.
"""
