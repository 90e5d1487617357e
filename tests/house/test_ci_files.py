"""Tests that CI files and issue forms are valid, and that the examples' steps run as a script."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/ci"
# The installation is not repeated: the package under test is installed already.
INSTALLS = re.compile(r"pip install|python -m venv|venv/bin/activate")


def load(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8")))


def github_actions() -> list[str]:
    return [
        step["run"] for step in load("github-actions.yml")["jobs"]["test"]["steps"] if "run" in step
    ]


def gitlab() -> list[str]:
    job = load("gitlab-ci.yml")["sms"]
    return [*job["before_script"], *job["script"]]


def jenkins() -> list[str]:
    text = (EXAMPLES / "Jenkinsfile").read_text(encoding="utf-8")
    return list(re.findall(r"sh '''(.*?)'''", text, re.DOTALL))


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("github-workflows", "examples/ci/github-*.yml"),
        ("gitlab-ci", "examples/ci/gitlab-*.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_a_ci_file_is_valid_by_its_schema(schema: str, pattern: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run(
        [*command, *map(str, ROOT.glob(pattern))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_release_builds_every_image_that_make_builds() -> None:
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    images = re.search(r"^IMAGES = (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert images is not None
    assert release["jobs"]["images"]["strategy"]["matrix"]["image"] == images[1].split()


@pytest.mark.exhaustive("distribution")
@pytest.mark.parametrize("steps", [github_actions, gitlab, jenkins])
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_steps_of_an_example_run(steps: Any, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    lines = [line for step in steps() for line in step.splitlines() if not INSTALLS.search(line)]
    assert any("convergia mockserver" in line for line in lines)
    script = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines).replace("8181", port)],
        cwd=tmp_path,
        env={
            **{key: value for key, value in os.environ.items() if "CONVERGIA" not in key},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CONVERGIA_BASE_URL": f"http://127.0.0.1:{port}",
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = script.communicate(timeout=120)
    finally:  # the mock server, which a CI's job takes with it
        os.killpg(script.pid, signal.SIGKILL)
    assert script.returncode == 0, output
    assert "accepted" in output
    assert (tmp_path / "contract.xml").stat().st_size > 0
