"""The files of a probe: a profile, the WSDL that it names, and a transcript without secrets."""

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
    """Return the new profile. Observed values are set, unknown ones stay as assumed."""
    lines = [
        f"# The results of `convergia probe` at {base_url}.",
        "# Unknown values are in comments, and stay as assumed.",
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
        lines += ["", "# Values of the profile used for the probe, which no reply contradicted."]
        lines += [f"{key} = {value}" for key, value in found.carried.items()]
    lines += ["", *(f"# unreadable: {sentence}" for sentence in found.unreadable)]
    lines += [f"# remark: {remark}" for remark in found.remarks]
    # A comment must not contain control characters, which a WSDL may have.
    return "\n".join(_CONTROL.sub(" ", line) for line in lines).rstrip() + "\n"


def write_files(
    folder: Path,
    found: Conclusions,
    base_url: str,
    wsdl: bytes | None,
    transcript: Iterable[TranscriptEntry],
) -> list[Path]:
    """Write the files into `folder`, which is created if needed.

    Returns:
        The written files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        folder / PROFILE: profile_text(found, base_url).encode(),
        folder / TRANSCRIPT: b"".join(map(_entry, transcript)),
    }
    if wsdl is not None and any(
        finding.key == "wsdl" and finding.verdict != "unknown" for finding in found.findings
    ):
        files[folder / WSDL] = wsdl
    for path, content in files.items():
        path.write_bytes(content)
    return sorted(files)


def _entry(entry: TranscriptEntry) -> bytes:
    status = f"HTTP {entry.status}" if entry.status else "no reply"
    head = "".join(f"{name}: {value}\n" for name, value in entry.headers.items())
    return (
        f"===== {entry.transport}: {entry.name}\n".encode()
        + entry.request
        + f"\n----- {status}\n{head}\n".encode()
        + entry.body
        + b"\n\n"
    )
