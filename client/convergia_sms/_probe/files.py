"""What a probe leaves behind: a profile, the WSDL it names, a transcript without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .conclusions import Conclusions
    from .gateway import TranscriptEntry

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
PROFILE, WSDL, TRANSCRIPT = "profile.toml", "webservice.wsdl", "transcript.txt"


def profile_text(found: Conclusions, base_url: str) -> str:
    """Return the profile that follows: what was seen is set, what is unknown is left as it was."""
    lines = [
        f"# What `convergia probe` found out about {base_url}.",
        "# What stayed unknown is in comments, and stays as assumed.",
        "",
    ]
    for finding in found.findings:
        note = f" ({finding.note})" if finding.note else ""
        if finding.verdict == "unknown":
            lines += [f"# unknown{note}", f"# {finding.key} = {finding.assumed}"]
        elif finding.verdict == "otherwise":
            lines += [
                f"# differs from the assumption: {finding.assumed}{note}",
                f"{finding.key} = {finding.found}",
            ]
        else:
            lines += [f"# as assumed{note}", f"{finding.key} = {finding.found}"]
    if found.carried:
        lines += ["", "# What the profile that was probed with says, and no reply spoke against."]
        lines += [f"{key} = {value}" for key, value in found.carried.items()]
    lines += ["", *(f"# unreadable: {sentence}" for sentence in found.unreadable)]
    lines += [f"# remark: {remark}" for remark in found.remarks]
    # A comment holds no control characters, and a WSDL may bring some along.
    return "\n".join(_CONTROL.sub(" ", line) for line in lines).rstrip() + "\n"


def write_files(
    folder: Path,
    found: Conclusions,
    base_url: str,
    wsdl: bytes | None,
    transcript: Iterable[TranscriptEntry],
) -> list[Path]:
    """Write them into `folder`, which is made if need be.

    Returns:
        the files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        folder / PROFILE: profile_text(found, base_url).encode(),
        folder / TRANSCRIPT: b"".join(map(_told, transcript)),
    }
    if wsdl is not None and any(
        finding.key == "wsdl" and finding.verdict != "unknown" for finding in found.findings
    ):
        files[folder / WSDL] = wsdl
    for path, content in files.items():
        path.write_bytes(content)
    return sorted(files)


def _told(entry: TranscriptEntry) -> bytes:
    status = f"HTTP {entry.status}" if entry.status else "no reply"
    head = "".join(f"{name}: {value}\n" for name, value in entry.headers.items())
    return (
        f"===== {entry.transport}: {entry.name}\n".encode()
        + entry.request
        + f"\n----- {status}\n{head}\n".encode()
        + entry.body
        + b"\n\n"
    )
