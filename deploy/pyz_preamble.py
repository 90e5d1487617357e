"""Runs first in `convergia.pyz`: say so if its modules in C are for another Python or platform."""

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

site_packages: Path  # from shiv
built = sorted(module.name.partition(".")[2] for module in site_packages.glob("msgspec/_core.*"))
if not any(f".{suffix}" in EXTENSION_SUFFIXES for suffix in built):
    sys.stderr.write(
        f"Error: this file has modules for {', '.join(built)}; this Python needs"
        f" {EXTENSION_SUFFIXES[0].removeprefix('.')}\n"
        f"Hint: run it with such a Python, or build it with this one: make pyz PYTHON={sys.executable}\n"
    )
    sys.exit(2)
