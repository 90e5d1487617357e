"""Tests that XML that is not well-formed is refused as PHP's own parser refuses it.

PHP 8.2 refuses each document below. `tests/mockserver/differential` asks PHP about many more.
"""

from __future__ import annotations

import re

import pytest
from convergia_mockserver.faces.soap.xml_reader import MalformedXmlError, read_xml

BROKEN = (
    b"<a/>\r>\n",
    b"<a/>\n</a>",
    b"<a/>\n<?xml?>",
    b"<a><b>c</b>\n",
    b"<a>\n<b>&",
    b"<a>\n<b>x&",
    b"<a>&#2<41;</a>",
    b"<a>&\x00#x113;</a>",
    b"<a><?php</a>",
    b"<a><?pi x\x01?></a>",
    b"<a><!-- \x00 --></a>",
    b"<a><!-- c --",
    b"<a><!-- \n- -- -->\n</a>",
    b"<a><!-- \x01 --></a>",
    b"<a>b</a>\x00",
    b"<a>\x00</a>",
    b"<a>b\x00</a>",
    b"<a><![CD<![CDATA[x]]></a>",
    b"<a><![CDATA[\nx",
    b"<a><![CDATA[x\x01]]></a>",
    b"<a>]]></a>",
    b"<a>\xc3\xb1]]>\n</a>",
    b"<a>\xf1\n</a>",
    b'<a b="\xf1"\n></a>',
    b'<a b="\xf1" c></a>',
    b"<a></b",
    b"<a></a x>",
    b"<a>&nbsp;</a>",
    b"<a>&amp</a>",
    b"<a>&#xD800;</a>",
    b"<a>\xed\xa0\x80</a>",
    b"<a/><b/>",
    b"<a/>\n<!",
    b"<!x><a/>",
    b"<!-><a/>",
    b"x<a/>",
    b'<?xml version="2.0"?><a/>',
    b'<?xml encoding="utf-8"?><a/>',
    b'<?xml version="1.0" x?><a/>',
    b'<?xml version="1.0" encoding="utf-8"><a/>',
    b'<?xml version="1.0',
    b"<?xml?><a/>",
    b'\n<?xml version="1.0"?><a/>',
    b'<?xml version="1.0" encoding="utf-8?><a/>',
    b'<?xml version="1.0" encoding= utf-8?><a/>',
    b'<?xml version="1.0" encoding="_"?><a/>',
    b'<?xml version "1.0"?><a/>',
    b'<?xml version="1.0"encoding="utf-8"?><a/>',
    b'<?xml version="1.0" standalone="yes?><a/>',
    b'<?xml version="1.0" encoding = "nope"?><a/>',
    b'<?xml version="1.0" encoding = "hex"?><a/>',
    b'<?xml version="1.0" encoding = "idna"?><a/>',
    b'<?xml version="1.0" encoding = "UTF-16"?><a/>',
    b"<a>bc\n\x00</a>",
    b'<a b="\x00"></a>',
    b"<a\x00></a>",
    b"<a></a\x00>",
    b"<a>\xc3",
    b"<a>x\xc3",
    b"<a>\xf0\x90",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00\x00",
    b"<a><b></a>",
    b"<a>\n\n<![CDATA[",
    b"<a>&#",
    b"<a>&x",
    b"<a>&x;",
    b"<a><",
    b"<a></",
    b"<a><b",
    b'<a><b c="',
    b'<a><b c="\n\n',
    b"<a><!-",
    b"<a><!--",
    b"<a><![CDATA",
    b"<a>]]",
    b'<?xml version="1.0" encoding="utf-8" standalone="x"?><a/>',
)


class Deaf:
    """A parser target that ignores everything."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str, /) -> None: ...


@pytest.mark.parametrize("document", BROKEN)
def test_broken_xml_is_refused_in_nusoaps_form(document: bytes) -> None:
    with pytest.raises(MalformedXmlError) as refused:
        read_xml(document, Deaf())
    form = r"XML error parsing SOAP payload on line [1-9]: [A-Z>].*"
    assert re.fullmatch(form, str(refused.value))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<a>\n<b></a>", "line 2: Mismatched tag"),
        (b"<a>&nbsp;</a>", "line 1: Undeclared entity error"),
        (b"<a><b>c</b>\n", "line 2: Invalid document end"),
        (b'\n<?xml version="1.0"?><a/>', "line 2: Reserved XML Name"),
        (b"<a>\xf1\n</a>", "line 1: Invalid character"),
        (b'<?xml version="2.0"?><a/>', "line 1: Unknown"),
    ],
)
def test_the_commonest_errors_have_phps_words(document: bytes, words: str) -> None:
    with pytest.raises(MalformedXmlError, match=f"on {words}$"):
        read_xml(document, Deaf())


@pytest.mark.parametrize("encoding", ["us-ascii", "ISO-8859-1", "nope"])
def test_utf_16_that_declares_another_charset_is_refused(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><a>Hola</a>'
    with pytest.raises(MalformedXmlError):
        read_xml(document.encode("utf-16"), Deaf())


@pytest.mark.parametrize("encoding", ["UTF-16", "utf-8"])
def test_utf_16_that_declares_itself_or_utf_8_is_read(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><a>Hola</a>'
    read_xml(document.encode("utf-16"), Deaf())


@pytest.mark.parametrize("encoding", ["nope", "hex", "idna", "punycode", "shift_jis", "undefined"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding = "{encoding}"?><a/>'
    with pytest.raises(MalformedXmlError, match="Unsupported encoding"):
        read_xml(document.encode(), Deaf())
