"""Tests that the mock server refuses the same broken documents as PHP's XML parser."""

from __future__ import annotations

import base64
import random
import subprocess
from typing import TYPE_CHECKING

import pytest
from convergia_contract.reference import missing
from convergia_mockserver.faces.soap.xml_reader import MalformedXmlError, read_xml

from tests.mockserver.differential.plan import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUICK = 3000
_LEAST_BROKEN = 0.9
# One document a line, in base64; back comes a line for each.
PHP = """
while (($line = fgets(STDIN)) !== false) {
    $parser = xml_parser_create('UTF-8');
    echo xml_parse($parser, base64_decode($line), true) ? 'read' : 'refused', "\\n";
}
"""
HEADS = (
    *(
        b"",
        b"<a>",
        b"<a>",
        b"<a><b>",
        b"<a>\n",
        b'<?xml version="1.0"?><a>',
        b'<?xml version="1.0"',
    ),
    b'<?xml version="1.0" encoding="utf-8"?>\n<a>',
)
PIECES = (
    *(
        b"<a>",
        b"</a>",
        b"<b>",
        b"</b>",
        b"<b/>",
        b"<b c='d'>",
        b"<b c=",
        b"<b c",
        b"</",
        b"<!",
        b"<",
    ),
    *(b"<!--", b"-->", b"--", b"-", b"<![CDATA[", b"]]>", b"]", b"<?", b"?>", b"<?xml", b"?", b"!"),
    *(b'<?xml version="1.0"?>', b' encoding="utf-8"', b' standalone="yes"', b">", b"/", b"=", b'"'),
    *(b"&", b"&amp;", b"&#", b"&#65;", b"&#x41;", b"&#0;", b"&x;", b";", b"'", b"x", b"xyz", b" "),
    *(b"\n", b"\r\n", b"\0", b"\x01", b"\xc3\xb1", b"\xf1", b"\xff", b"\xe2\x82", b"\xed\xa0\x80"),
    *(b"\xef\xbf\xbe", b"\xe2\x82\xac" * 120),
)
TAILS = (b"", b"</a>", b"</b></a>")


class Deaf:
    """A parser target that ignores everything."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str, /) -> None: ...


def documents() -> Iterator[bytes]:
    """Generate the requested number of documents, the same each time."""
    chosen = random.Random(20261125)
    for _ in range(EXAMPLES or _QUICK):
        pieces = chosen.choices(PIECES, k=chosen.randint(1, 9))
        yield chosen.choice(HEADS) + b"".join(pieces) + chosen.choice(TAILS)


def refused(document: bytes) -> bool:
    """Return True if the mock server refuses the document."""
    try:
        read_xml(document, Deaf())
    except MalformedXmlError:
        return True
    return False


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_documents_are_read_or_refused_as_by_php() -> None:
    asked = list(documents())
    lines = b"\n".join(map(base64.b64encode, asked)) + b"\n"
    ran = subprocess.run(["php", "-r", PHP], input=lines, capture_output=True, check=True)
    told = ran.stdout.decode().split("\n")[: len(asked)]
    different = [
        (document, theirs)
        for document, theirs in zip(asked, told, strict=True)
        if (theirs == "refused") != refused(document)
    ]
    assert different == []
    assert told.count("refused") > _LEAST_BROKEN * len(asked)
