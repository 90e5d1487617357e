"""A check whether a client with the new profile understands the probed gateway."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from convergia_wsdl import ContractError, load_profile

from convergia_sms._codecs.dialect import DialectReader, Reading

from .files import PROFILE, TRANSCRIPT, WSDL, profile_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.wire import Operation

    from .conclusions import Conclusions
    from .dialects import Sample
    from .session import Observed

__all__ = ["Understanding", "next_step", "understand"]

_OPERATIONS: tuple[Operation, ...] = ("send", "status")
Degree = Literal["understood", "by auto", "not"]


@dataclass(frozen=True, slots=True)
class Understanding:
    """The result of the check for one operation over one transport.

    Attributes:
        transport: soap or http.
        operation: send or status.
        degree: `understood` in the dialect found, `by auto` in all dialects at once, or `not`.
        note: the evidence.
    """

    transport: str
    operation: Operation
    degree: Degree
    note: str = ""

    def __str__(self) -> str:
        words = {
            "understood": "understood",
            "by auto": "will be understood by `auto`",
            "not": "not understood",
        }
        return words[self.degree]


def understand(
    seen: Observed, found: Conclusions, guide: Guide, assumed: Profile
) -> tuple[Understanding, ...]:
    """Read the observed replies as a client with the new profile does.

    Args:
        seen: the observed replies.
        found: the conclusions from them.
        guide: the tables of codes.
        assumed: the current profile, used if the new one does not load.
    """
    profile = _written(seen, found, assumed)
    return tuple(
        _one((transport, operation), seen, found, guide, profile)
        for transport in ("http", "soap")
        for operation in _OPERATIONS
    )


def next_step(
    told: Sequence[Understanding], seen: Observed, found: Conclusions, written: Sequence[Path]
) -> str:
    """Return the next step for the user."""
    profile = next((path for path in written if path.name == PROFILE), None)
    failed = {one.transport for one in told if one.degree == "not"}
    if failed:
        return _after_failure(failed, seen, profile)
    if profile is not None:
        return f"use the profile: export CONVERGIA_PROFILE={profile}"
    if any(one.verdict == "otherwise" for one in found.findings):
        return "`convergia probe --output DIR` writes a profile that describes this gateway"
    if any(one.degree == "by auto" for one in told):
        return (
            "`convergia probe --send-to NUMBER --output DIR` sends one paid message, which shows "
            "how an accepted one is answered"
        )
    return "`convergia doctor` checks everything else that a live gateway needs"


def _after_failure(failed: set[str], seen: Observed, profile: Path | None) -> str:
    if not any(seen.samples.values()):
        return "no reply has a code: `convergia doctor` shows what answers at that address"
    if failed == {"soap"} and seen.wsdl is None:
        return "use the transport that works: export CONVERGIA_TRANSPORT=http"
    if failed == {"soap"} and seen.wsdl_trouble:
        where = profile or "a profile"
        return f"name the operations and their parts under [binding] in {where}, then probe again"
    if profile is None:
        return "`convergia probe --output DIR` writes transcript.txt, which shows every reply"
    return f"read {profile.parent / TRANSCRIPT}: it shows every reply"


def _written(seen: Observed, found: Conclusions, assumed: Profile) -> Profile:
    """Return the new profile as a client loads it."""
    with tempfile.TemporaryDirectory(prefix="convergia-probe-") as folder:
        path = Path(folder) / PROFILE
        path.write_text(profile_text(found, "a gateway"), encoding="utf-8")
        (Path(folder) / WSDL).write_bytes(seen.wsdl or b"")
        try:
            return load_profile(path)
        except ContractError as error:
            found.remarks.append(f"the profile found does not load: {error}")
            return assumed


def _one(
    face: tuple[str, Operation],
    seen: Observed,
    found: Conclusions,
    guide: Guide,
    profile: Profile,
) -> Understanding:
    transport, operation = face
    samples = seen.samples.get(face, [])
    accepted = [sample for sample in samples if sample.accepted]
    relevant = accepted or samples
    if not relevant:
        return Understanding(transport, operation, "not", _why_nothing(transport, operation, seen))
    dialect = getattr(getattr(profile.reply, transport), operation)
    endpoint = guide.send if operation == "send" else guide.status
    reader = DialectReader(dialect, endpoint, profile, strict=False)
    if not _all_read(reader, relevant):
        unread = next(one for one in relevant if not _all_read(reader, [one]))
        why = f"a reply cannot be read: {unread.returned!r:.160}"
        return Understanding(transport, operation, "not", why)
    known = found.dialects.get(face)
    described = known is not None and not known.open and dialect.form != "auto"
    strict = DialectReader(dialect, endpoint, profile, strict=True)
    degree: Degree = "understood" if described and _all_read(strict, relevant) else "by auto"
    return Understanding(transport, operation, degree, _rests_on(transport, operation, seen, found))


def _why_nothing(transport: str, operation: Operation, seen: Observed) -> str:
    if transport == "soap" and seen.wsdl_trouble:
        return seen.wsdl_trouble
    replies = seen.replies.get((transport, operation))
    if replies is not None and replies.strays:
        return f"no reply has any content; {replies.strays[0]}"
    return "no reply has any content"


def _rests_on(transport: str, operation: Operation, seen: Observed, found: Conclusions) -> str:
    """Return the evidence for a verdict without an accepted reply over this transport."""
    samples = seen.samples.get((transport, operation), [])
    if operation == "status" or any(sample.accepted for sample in samples):
        return ""
    other = found.guessed.get((transport, operation))
    if other is not None:
        return f"hypothesis: accepted replies have the same form as over {other.upper()}"
    return "no accepted reply was seen"


def _all_read(reader: DialectReader, samples: Iterable[Sample]) -> bool:
    for sample in samples:
        read = reader.read(sample.returned)
        if not isinstance(read, Reading) or read.code not in sample.codes:
            return False
    return True
