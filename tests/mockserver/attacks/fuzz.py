"""Requests that are changed at random: `python -m tests.mockserver.attacks.fuzz --seconds 600`.

The corpus begins with what real clients sent (tests/mockserver/faces/transcripts), with what was an
accident once (test_accidents.py), and with calls of the control and the portal. It grows by every
input whose reply is of a new form. No reply may be a 5xx, none may be missing, and whatever came in
must be readable in the journal afterwards.
"""

from __future__ import annotations

import argparse
import random
import re
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import urllib3
from convergia_mockserver import MockServer

from benchmarks.attacks import peers
from tests.mockserver.attacks.test_accidents import ENVELOPE, PIECES

TRANSCRIPTS = Path(__file__).parents[1] / "faces" / "transcripts"
# What tends to trip a reader up: ends, doubled, of other charsets, too long.
TOKENS = [
    b"", b"\0", b"\r\n", b"\n\n", b"%00", b"%", b"%c3%28", b"&", b"&&", b"=", b"[]", b"[", b"]]>",
    b"<![CDATA[", b"<!--", b"-->", b"<?xml", b"?>", b"&#0;", b"&#x110000;", b"&#55296;", b"&amp;",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"1" * 5000, b"-1", b"1e999", b"NaN",
    b"-INF", b"x" * 70_000, b"<a>" * 300, b'xsi:nil="1"', b'href="#1"', b'id="1"', b"ns2:Map",
    b"xsd:double", b"SOAP-ENC:Array", b"/s/", b"/s/a/", b"/..", b"/__admin/", b"/portal/", b"?wsdl",
    b"Transfer-Encoding: chunked", b"Content-Length: 5", b"Expect: 100-continue", b"regex:(a|aa)+$",
]  # fmt: skip
# What was no request at all, or came from a page elsewhere.
_DULL = frozenset({0, 400, 403})
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


@dataclass
class Report:
    """The findings of a run.

    Attributes:
        inputs: how many requests were sent.
        statuses: how often each status came; 0 where the server closed without a reply.
        corpus: how large the corpus grew.
        faults: the inputs that were answered with a 5xx, or that nothing came back for in time.
        memory: how much the process grew, in MiB.
    """

    inputs: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    corpus: int = 0
    faults: list[tuple[str, bytes]] = field(default_factory=list)
    memory: float = 0.0


def framed(head: str, body: bytes = b"") -> bytes:
    """Return a request with its length."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{head}\r\nHost: localhost\r\n{length}\r\n".encode() + body


def corpus() -> list[bytes]:
    """Return what the fuzz begins with."""
    found = []
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        sent, _, _ = path.read_text(encoding="utf-8").partition("\n=====\n")
        found.append(framed("POST /webservice.php HTTP/1.1", sent.partition("\n\n")[2].encode()))
    found += [
        framed("POST /webservice.php HTTP/1.1", ENVELOPE.format(piece).encode())
        for piece in PIECES.values()
    ]
    form = urlencode(peers.SEND)
    found += [
        framed(f"GET /?{form} HTTP/1.1"),
        framed(f"HEAD /s/fuzz/?{form} HTTP/1.0"),
        framed("GET /?username=demo&password=demo&messageid=100000001 HTTP/1.1"),
        framed("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", form.encode()),
        framed("GET /webservice.php?wsdl HTTP/1.1"),
        framed("POST /__admin/scripts HTTP/1.1", b'{"answers":[{"code":109}],"times":1}'),
        framed("PATCH /__admin/accounts/other HTTP/1.1", b'{"allowance":5}'),
        framed("PUT /__admin/delivery-plans/default HTTP/1.1", b'{"after":1.5,"outcome":3}'),
        framed("PUT /s/fuzz/__admin/snapshot HTTP/1.1", b'{"version":1,"clock":{},"accounts":[]}'),
        framed("POST /__admin/clock/freeze HTTP/1.1", b'{"at":"2026-01-31T12:00:00Z"}'),
        framed("GET /__admin/messages?text=regex:a&since=2026-01-31T12:00:00Z HTTP/1.1"),
        framed("GET /__admin/requests?number=prefix:52&limit=5 HTTP/1.1"),
        framed("GET /portal/login?next=report HTTP/1.1"),
        framed(
            "POST /portal/login HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded",
            b"account=demo&password=demo&form_token=x",
        ),
    ]
    return found


def changed(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Return an input that differs in a few places; mostly with the right length."""
    # Mostly behind the line of Host, so that what comes is a request to this server.
    first = data.find(b"\r\nHost: localhost") + 17
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(
            first if chance.random() < 0.8 and first < len(data) else 0, len(data) + 1
        )
        end = min(len(data), at + chance.choice((0, 1, 4, 40)))
        match chance.randrange(5):
            case 0:
                data = data[:at] + chance.choice(TOKENS) + data[end:]
            case 1:
                data = data[:at] + data[end:]
            case 2:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 3:
                data = data[:at] + data[at:end] * chance.choice((2, 50)) + data[end:]
            case _:
                other = chance.choice(others)
                data = data[:at] + other[chance.randrange(len(other) or 1) :]
    head, blank, body = data.partition(b"\r\n\r\n")
    if blank and chance.random() < 0.9:
        length = b"Content-Length: %d" % len(body)
        head = re.sub(rb"Content-Length: \d+", lambda _: length, head, count=1)
    return head + blank + body


def answer(base_url: str, data: bytes) -> bytes | None:
    """Return what comes back for an input; None if nothing does in time."""
    parts = urlsplit(base_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
        said = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while len(said) < 1_000_000 and (piece := connection.recv(65536)):
                said += piece
        except TimeoutError:
            return None
        except OSError:  # it was refused while it was still being written
            return said
        return said


def run(seconds: float, seed: int, most: int = sys.maxsize) -> Report:
    """Fuzz a server for some time, or with so many inputs.

    Args:
        seconds: how long at most.
        seed: of the changes.
        most: how many inputs at most.
    """
    chance, report, inputs = random.Random(seed), Report(), corpus()
    forms: set[tuple[int, bytes]] = set()
    seeds, end = len(inputs), time.monotonic() + seconds
    with MockServer(read_timeout=5.0) as server, urllib3.PoolManager() as pool:
        before = _resident()
        while time.monotonic() < end and report.inputs < most:
            data = inputs[report.inputs] if report.inputs < len(inputs) else b""
            # Half of them from the seeds: what grew from them leads further and further away.
            known = inputs if chance.random() < 0.5 else inputs[:seeds]
            data = data or changed(chance.choice(known), inputs, chance)
            said = answer(server.base_url, data)
            report.inputs += 1
            if said is None:
                report.faults.append(("nothing came back", data))
                continue
            statuses = [int(each) for each in _STATUS.findall(said)] or [0]
            report.statuses.update(statuses)
            if any(status >= 500 and status != 501 for status in statuses) and not _scripted(said):
                report.faults.append((f"{statuses}", data))
            form = (
                statuses[0],
                re.sub(rb"[0-9a-f]{2,}|\d+", b"0", said.partition(b"\r\n\r\n")[2])[:80],
            )
            if statuses[0] not in _DULL and form not in forms and len(data) < 200_000:
                forms.add(form)
                inputs.append(data)
            if report.inputs % 500 == 0:
                _look_back(server, pool, report)
        _look_back(server, pool, report)
        report.corpus = len(inputs)
        report.memory = _resident() - before
    return report


def _scripted(said: bytes) -> bool:
    """Return True if the gateway's own script answers so. NuSOAP sends its Faults with HTTP 500."""
    return b"SOAP-ENV:Fault" in said or b"Internal Server Error</h1>" in said


def _look_back(server: MockServer, pool: urllib3.PoolManager, report: Report) -> None:
    """See that all that came in can be read, and that the server answers as ever."""
    for name in server.world.names:
        space = server.world.peek(name)
        if space is None:
            continue
        report.faults += [(f"error in {name}: {error!r}", b"") for error in space.errors]
        admin = server.url_for("admin", name)
        for path in ("requests?limit=500&newest_first=true", "messages?limit=500", "snapshot"):
            status = pool.request("GET", admin + path).status
            if status != 200:
                report.faults.append((f"{path} of {name}: {status}", b""))
        server.world.delete(name) if name != "default" else space.reset()


def _resident() -> float:
    """Return the memory that this process holds, in MiB; 0 where Linux does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * 4096 / 1024 / 1024


def main() -> None:
    """Fuzz, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    report = run(options.seconds, options.seed)
    sys.stdout.write(
        f"seed {options.seed}: {report.inputs} inputs, corpus {report.corpus},"
        f" statuses {dict(sorted(report.statuses.items()))}, memory {report.memory:+.0f} MiB,"
        f" faults {len(report.faults)}\n"
    )
    for said, data in report.faults[:10]:
        sys.stdout.write(f"{said} {data[:2000]!r}\n")
    sys.exit(bool(report.faults))


if __name__ == "__main__":
    main()
