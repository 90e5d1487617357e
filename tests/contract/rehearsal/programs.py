"""The programs that are rehearsed, and the command of each."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_contract.rehearsal.examples import EXAMPLES, example_source

if TYPE_CHECKING:
    from collections.abc import Callable

PEERS = Path(__file__).with_name("peers")
NODE_MODULES = Path(__file__).parents[3] / "contract_tests/peers/node/node_modules"
ASKED = ("{number}", "{message}")


def needed(program: str) -> str:
    """Return the path of a program, or skip the test if it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def compiled(source: Path, folder: Path) -> list[str]:
    """A Java program that starts without being compiled each time."""
    javac, java = needed("javac"), needed("java")
    subprocess.run([javac, "-d", str(folder), str(source)], check=True, timeout=120)
    # One thread for the compiler and the collector: two cores, and a run of half a second.
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
    return [java, *flags, "-cp", str(folder), source.stem]


def peer(language: str, mistake: str, folder: Path) -> list[str]:
    """A peer's command, right (`none`) or with one mistake."""
    started: dict[str, Callable[[], list[str]]] = {
        "php": lambda: [needed("php"), str(PEERS / "peer.php")],
        "node": lambda: [needed("node"), str(PEERS / "peer.mjs")],
        "java": lambda: compiled(PEERS / "Peer.java", folder),
        "python": lambda: [sys.executable, str(PEERS / "peer.py")],
    }
    return [*started[language](), mistake, *ASKED]


def example(language: str, folder: Path) -> list[str]:
    """The command of the client that `--example` prints."""
    source = folder / EXAMPLES[language]
    source.write_text(example_source(language), encoding="utf-8")
    asked = (*ASKED, "{extra}")
    match language:
        case "php":
            return [needed("php"), str(source), *asked]
        case "node":
            if not NODE_MODULES.is_dir():
                pytest.skip("npm install was not run in contract_tests/peers/node")
            (folder / "node_modules").symlink_to(NODE_MODULES)
            return [needed("node"), str(source), *asked]
        case "java":
            return [*compiled(source, folder), *asked]
        case _:
            return [sys.executable, str(source), *asked]
