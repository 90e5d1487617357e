"""Runs first in `convergia.pyz`: end with an error if its modules in C are not for this Python."""

import sys
from importlib.machinery import EXTENSION_SUFFIXES

# shiv gives this module `site_packages`, the folder that the file was unpacked into.
modules = globals()["site_packages"].glob("msgspec/_core.*.so")
built = sorted(module.name.removeprefix("_core") for module in modules)
if not set(built).intersection(EXTENSION_SUFFIXES):
    sys.stderr.write(
        f"Error: this file is for {', '.join(built)}, and this Python is {EXTENSION_SUFFIXES[0]}\n"
        f"Hint: run it with another Python, or `make pyz PYTHON={sys.executable}`\n"
    )
    sys.exit(2)
