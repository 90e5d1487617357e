"""Counting how the client reads replies that the profile does not describe.

    python -m benchmarks.reading 1000000

Each reply is read with one of many profiles, most of which do not describe it. The counts of wrong
codes, wrong ids and false acceptances must be 0. Replies that are not understood are allowed. Their
share of the replies that a person could read is printed.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import dataclass, field

import msgspec
from convergia_sms._codecs.dialect import Reading
from convergia_sms._codecs.http_get import HttpCodec
from convergia_sms._codecs.soap import SoapCodec
from convergia_sms._codecs.wire import Reply
from convergia_wsdl import Dialect, Keys, load_guide, load_profile

from benchmarks.replies import Case, reply
from benchmarks.reply_traps import no_id, trap

# The packaged profile, and profiles as a probe writes them: each form, with known and other names.
DIALECTS = (
    (Dialect("separated"), Dialect("code")),
    (Dialect("auto"), Dialect("auto")),
    (Dialect("code"), Dialect("code")),
    (Dialect("separated", ";", "id-code"), Dialect("code")),
    (Dialect("separated", " ", text=True), Dialect("separated", " ", text=True)),
    (Dialect("array"), Dialect("array")),
    (Dialect("array", order="id-code", html=True), Dialect("array", html=True)),
    (Dialect("key-value", "&", keys=Keys("codigo", "ref")), Dialect("key-value", "&")),
    (Dialect("key-value", ", "), Dialect("key-value", ", ", keys=Keys("resultado"))),
    (Dialect("json", keys=Keys("codigo", "folio")), Dialect("json", keys=Keys("codigo"))),
    (Dialect("json", keys=Keys("responseCode")), Dialect("json", keys=Keys("statusCode"))),
    (Dialect("json", html=True), Dialect("json", html=True)),
    (Dialect("xml", keys=Keys("codigo", "clave")), Dialect("xml")),
    (Dialect("struct", keys=Keys("codigo")), Dialect("struct")),
)


@dataclass(slots=True)
class Tally:
    """The counts of readings.

    Attributes:
        replies: the number of replies.
        readable: the number of replies that a person could read.
        wrong_codes: readings with another code than the reply has.
        wrong_ids: readings with another id than the reply has.
        false_accepted: readings of 100 that the reply does not have.
        lost_ids: readings of a complete reply with its code, but without its id.
        unread: readable replies that were not understood, by form.
        examples: the first wrong readings.
    """

    replies: int = 0
    readable: int = 0
    wrong_codes: int = 0
    wrong_ids: int = 0
    false_accepted: int = 0
    lost_ids: int = 0
    unread: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[Case, Reading]] = field(default_factory=list)
    unread_examples: list[Case] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """The number of wrong readings."""
        return self.wrong_codes + self.wrong_ids + self.false_accepted


def _codecs(send: Dialect, status: Dialect) -> dict[str, HttpCodec | SoapCodec]:
    guide, packaged = load_guide(), load_profile()
    change = msgspec.structs.replace
    http = change(packaged.reply.http, send=send, status=status)
    soap = change(packaged.reply.soap, send=send, status=status)
    profile = change(packaged, reply=change(packaged.reply, http=http, soap=soap))
    return {"http": HttpCodec(guide, profile), "soap": SoapCodec(guide, profile)}


def count(replies: int, seed: int) -> Tally:
    """Read random replies, and count the results."""
    rng = random.Random(seed)
    profiles = [_codecs(*dialects) for dialects in DIALECTS]
    tally = Tally()
    for _ in range(replies):
        case = rng.choices((reply, trap, no_id), weights=(8, 1, 1))[0](rng)
        read = rng.choice(profiles)[case.face].read(case.operation, Reply(200, body=case.body))
        _judge(case, read if isinstance(read, Reading) else None, tally)
    return tally


def _judge(case: Case, read: Reading | None, tally: Tally) -> None:
    tally.replies += 1
    tally.readable += case.readable
    if read is None:
        if case.readable:
            tally.unread[case.form] += 1
            if len(tally.unread_examples) < 400:
                tally.unread_examples.append(case)
        return
    before = tally.wrong
    tally.wrong_codes += read.code != case.code
    tally.false_accepted += case.operation == "send" and read.code == 100 != case.code
    # Errors have no id, so only the id of an accepted message is compared.
    if case.operation == "send" and read.code == 100:
        tally.wrong_ids += read.message_id not in {"", case.message_id}
        tally.lost_ids += case.readable and bool(case.message_id) and not read.message_id
    if tally.wrong > before and len(tally.examples) < 20:
        tally.examples.append((case, read))


def main() -> int:
    """Print the counts, and return 1 if any reading was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("replies", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print unread replies too")
    arguments = parser.parse_args()
    tally = count(arguments.replies, arguments.seed)
    unread = sum(tally.unread.values())
    print(f"replies                {tally.replies:>10,}")
    print(f"wrong codes            {tally.wrong_codes:>10,}")
    print(f"wrong ids              {tally.wrong_ids:>10,}")
    print(f"accepted that is not   {tally.false_accepted:>10,}")
    print(f"ids lost               {tally.lost_ids:>10,}")
    print(f"readable by a person   {tally.readable:>10,}")
    print(f"not understood of those{unread:>10,}  ({unread / max(1, tally.readable):.2%})")
    for form, number in tally.unread.most_common(12):
        print(f"    {form:<28}{number:>8,}")
    for case, read in tally.examples:
        print(
            f"WRONG {case.form}: {case.body!r} is {case.code} {case.message_id!r}, read as {read}"
        )
    if arguments.show:
        for case in tally.unread_examples:
            print(f"UNREAD {case.face} {case.form}: {case.body!r} {case.code} {case.message_id}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
