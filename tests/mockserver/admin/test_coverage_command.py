from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from .conftest import Control


def coverage(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONVERGIA, "coverage", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("under", "code"), [("0.1", 0), ("99", 1)])
def test_a_run_that_exercised_too_little_fails(
    control: Control, space: str, under: str, code: int
) -> None:
    control.send()
    url = control.base_url.partition("/s/")[0]
    done = coverage(url, "--space", space, "--fail-under", under)
    assert done.returncode == code, done.stderr
    assert "send 101" in done.stdout


def test_coverage_as_json_is_for_programs(control: Control, space: str) -> None:
    control.send()
    url = control.base_url.partition("/s/")[0]
    found = json.loads(coverage(url, "--space", space, "--json").stdout)
    assert found["faces"]["http"]["send"] == {"100": 1}


def test_a_missing_server_is_reported_with_a_cure() -> None:
    done = coverage("http://127.0.0.1:9")
    assert done.returncode == 1
    assert "convergia mockserver" in done.stderr
