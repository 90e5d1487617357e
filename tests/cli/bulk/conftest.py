"""Fixtures: `convergia` in a process of its own, in an empty folder, against a mock server."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.processes import Child
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from convergia_mockserver import MockGateway


@dataclass
class Shell:
    """A shell that runs the command in a folder, with the mock server's account set."""

    folder: Path
    base_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CONVERGIA_BASE_URL": self.base_url,
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
        }

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> Child[str]:
        return Child(
            [CONVERGIA, *arguments],
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def bulk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("bulk", *arguments)

    def file(self, name: str, text: str, encoding: str = "utf-8") -> str:
        (self.folder / name).write_text(text, encoding=encoding)
        return name


@pytest.fixture
def shell(tmp_path: Path, convergia_mockserver: MockGateway) -> Shell:
    return Shell(tmp_path, convergia_mockserver.base_url)
