"""Whether a client with the profile that a probe writes understands the gateway that was probed."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from convergia_wsdl import ContractError, load_profile

from convergia_sms._codecs.dialect import DialectReader, Reading

from .files import PROFILE, WSDL, profile_text

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
    """How far one operation's replies are understood over one transport.

    Attributes:
        transport: soap or http.
        operation: send or status.
        degree: `understood` in the dialect found, `by auto` in every dialect at once, or `not`.
        note: what that rests on.
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
    """Read what was seen as a client with the found profile would.

    Args:
        seen: the replies.
        found: what follows from them.
        guide: the tables of codes.
        assumed: the profile in force, should the found one not load.
    """
    profile = _written(seen, found, assumed)
    return tuple(
        _one(transport, operation, seen, guide, profile)
        for transport in ("http", "soap")
        for operation in _OPERATIONS
    )


def next_step(told: Iterable[Understanding], found: Conclusions, written: Sequence[Path]) -> str:
    """Return the one thing to do next."""
    degrees = {one.degree for one in told}
    profile = next((path for path in written if path.name == PROFILE), None)
    if "not" in degrees and profile is None:
        return "`convergia probe --output DIR` writes transcript.txt, which shows every reply"
    if "not" in degrees:
        return f"read {profile.parent / 'transcript.txt'}: it shows every reply" if profile else ""
    if profile is not None:
        return f"put the profile in force: export CONVERGIA_PROFILE={profile}"
    if any(one.verdict == "otherwise" for one in found.findings):
        return "`convergia probe --output DIR` writes a profile that describes this gateway"
    if "by auto" in degrees:
        return (
            "`convergia probe --send-to NUMBER --output DIR` sends one paid message, which shows "
            "how an accepted one is answered"
        )
    return "`convergia doctor` goes through the rest of what a live gateway needs"


def _written(seen: Observed, found: Conclusions, assumed: Profile) -> Profile:
    """Return the profile as a client would load it."""
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
    transport: str, operation: Operation, seen: Observed, guide: Guide, profile: Profile
) -> Understanding:
    samples = seen.samples.get((transport, operation), [])
    accepted = [sample for sample in samples if sample.accepted]
    relevant = accepted or samples
    if not relevant:
        why = seen.wsdl_trouble if transport == "soap" else ""
        return Understanding(transport, operation, "not", why or "no reply that says anything came")
    dialect = getattr(getattr(profile.reply, transport), operation)
    endpoint = guide.send if operation == "send" else guide.status
    replies = seen.replies.get((transport, operation))
    hidden = () if replies is None or replies.inferred is None else replies.inferred.open
    shown = "" if accepted or operation == "status" else "no accepted reply was seen"
    for degree, strict in (("understood", True), ("by auto", False)):
        reader = DialectReader(dialect, endpoint, profile, strict=strict)
        if _all_read(reader, relevant):
            if degree == "understood" and dialect.form != "auto" and not (hidden and shown):
                return Understanding(transport, operation, "understood", shown)
            if degree == "by auto" or dialect.form == "auto" or hidden:
                return Understanding(transport, operation, "by auto", shown)
    unread = next(
        f"{sample.returned!r:.160}" for sample in relevant if not _all_read(reader, [sample])
    )
    return Understanding(transport, operation, "not", f"a reply cannot be read: {unread}")


def _all_read(reader: DialectReader, samples: Iterable[Sample]) -> bool:
    for sample in samples:
        read = reader.read(sample.returned)
        if not isinstance(read, Reading) or read.code not in sample.codes:
            return False
    return True
