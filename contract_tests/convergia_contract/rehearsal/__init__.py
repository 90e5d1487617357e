"""Rehearsals: a client is run through every situation that the gateway can put it in, and judged.

Floors, from the top: `command` → `reports` → `rehearsal`, `serving` → `stage`, `judge` → `rules`
→ `observation`, `programs`, `scenarios`, `expectations`, `texts`.
"""
