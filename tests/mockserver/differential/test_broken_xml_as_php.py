"""Wild documents, straight to PHP's XML parser: the mock server refuses them in its words."""

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
# One document a line, in base64; back comes `LINE WORDS`, or nothing for one that is well-formed.
PHP = """
while (($line = fgets(STDIN)) !== false) {
    $parser = xml_parser_create('UTF-8');
    $good = xml_parse($parser, base64_decode($line), true);
    $code = xml_get_error_code($parser);
    echo $good ? '' : xml_get_current_line_number($parser) . ' ' . xml_error_string($code), "\\n";
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
    """Hears nothing."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str, /) -> None: ...


def documents() -> Iterator[bytes]:
    """As many as asked for; the same each time."""
    chosen = random.Random(20261125)
    for _ in range(EXAMPLES or _QUICK):
        pieces = chosen.choices(PIECES, k=chosen.randint(1, 9))
        yield chosen.choice(HEADS) + b"".join(pieces) + chosen.choice(TAILS)


def said_of(document: bytes) -> str:
    """What the mock server says; nothing of a document that it reads."""
    try:
        read_xml(document, Deaf())
    except MalformedXmlError as refused:
        line, _, words = str(refused).rpartition(" on line ")[2].partition(": ")
        return f"{line} {words}"
    return ""


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_broken_documents_are_refused_in_phps_words() -> None:
    asked = list(documents())
    lines = b"\n".join(map(base64.b64encode, asked)) + b"\n"
    ran = subprocess.run(["php", "-r", PHP], input=lines, capture_output=True, check=True)
    told = ran.stdout.decode().split("\n")[: len(asked)]
    ours = map(said_of, asked)
    different = [
        (document, theirs, mine)
        for document, theirs, mine in zip(asked, told, ours, strict=True)
        if theirs != mine
    ]
    assert different == []
    assert sum(map(bool, told)) > _LEAST_BROKEN * len(asked)
