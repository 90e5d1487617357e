"""Tests of the guide's URLs in a browser, as the guide proposes ("detónela en el navegador")."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import MockServer


def show(url: str, home: Path) -> str:
    """Return the text that Chromium shows at `url`."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is missing (on Debian: apt-get install chromium)")
    ran = subprocess.run(
        [
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={home}",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    return re.sub("<[^>]*>", "", ran.stdout.decode()).strip()


def test_the_guides_urls_work_in_a_browser(
    base_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    account = {"username": "demo", "password": "demo"}
    # As typed, not as a program encodes it: the browser does that itself.
    typed = "&username=demo&password=demo&number=525512345678&message=Hola ñandú&extra="
    accepted = show(f"{base_url}/?{typed}", tmp_path)
    assert re.fullmatch(r"100\|\d+", accepted)
    message_id = accepted.partition("|")[2]
    query = urlencode({**account, "messageid": message_id})
    assert show(f"{base_url}/estatus_mensaje.php?{query}", tmp_path) == "3"
    if "mock" in request.node.callspec.id:
        mock: MockServer = request.getfixturevalue("mock")
        arrived = next(one for one in mock.space().messages if one.id == message_id)
        assert arrived.text == "Hola ñandú"
