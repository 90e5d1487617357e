"""XML that is not well-formed is refused in the words of PHP's own parser.

Each line below is what `xml_get_current_line_number` and `xml_error_string` say with PHP 8.2.
"""

from __future__ import annotations

import pytest
from convergia_mockserver.faces.soap.xml_reader import MalformedXmlError, read_xml

SAID = (
    (b"<a/>\r>\n", 1, "Invalid document end"),
    (b"<a/>\n</a>", 2, "Invalid document end"),
    (b"<a/>\n<?xml?>", 2, "Reserved XML Name"),
    (b"<a><b>c</b>\n", 1, "Invalid document end"),
    (b"<a>\n<b>&", 2, "Invalid document end"),
    (b"<a>\n<b>x&", 2, "Invalid document end"),
    (b"<a>&#2<41;</a>", 1, "Invalid character"),
    (b"<a>&\x00#x113;</a>", 1, "XML_ERR_NAME_REQUIRED"),
    (b"<a><?php</a>", 1, "Processing Instruction not finished"),
    (b"<a><?pi x\x01?></a>", 1, "Processing Instruction not finished"),
    (b"<a><!-- \x00 --></a>", 1, "Comment not finished"),
    (b"<a><!-- c --", 1, "Comment not finished"),
    (b"<a><!-- \n- -- -->\n</a>", 2, "Comment must not contain '--' (double-hyphen)"),
    (b"<a><!-- \x01 --></a>", 1, "Invalid character"),
    (b"<a>b</a>\x00", 1, "Invalid document end"),
    (b"<a>\x00</a>", 1, "No memory"),
    (b"<a>b\x00</a>", 1, "Invalid character"),
    (b"<a><![CD<![CDATA[x]]></a>", 1, "No memory"),
    (b"<a><![CDATA[\nx", 1, "Invalid document end"),
    (b"<a><![CDATA[x\x01]]></a>", 1, "Invalid character"),
    (b"<a>]]></a>", 1, "Sequence ']]>' not allowed in content"),
    (b"<a>\xc3\xb1]]>\n</a>", 2, "Sequence ']]>' not allowed in content"),
    (b"<a>\xf1\n</a>", 2, "Invalid character"),
    (b'<a b="\xf1"\n></a>', 2, "Invalid character"),
    (b'<a b="\xf1" c></a>', 1, "Attribute without value"),
    (b"<a></b", 1, "Mismatched tag"),
    (b"<a></a x>", 1, "> required"),
    (b"<a>&nbsp;</a>", 1, "Undeclared entity error"),
    (b"<a>&amp</a>", 1, "EntityRef: expecting ';'"),
    (b"<a>&#xD800;</a>", 1, "Invalid character"),
    (b"<a>\xed\xa0\x80</a>", 1, "Invalid character"),
    (b"<a/><b/>", 1, "Invalid document end"),
    (b"<a/>\n<!", 2, "Invalid document end"),
    (b"<!x><a/>", 1, "Invalid document end"),
    (b"<!-><a/>", 1, "Invalid document end"),
    (b"x<a/>", 1, "Not well-formed (invalid token)"),
    (
        b'<?xml version="1.0" encoding="utf-8" standalone="x"?><a/>',
        1,
        "XML declaration not finished",
    ),
    (b'<?xml version="2.0"?><a/>', 1, "Unknown"),
    (b'<?xml encoding="utf-8"?><a/>', 1, "Space required"),
    (b'<?xml version="1.0" x?><a/>', 1, "XML declaration not finished"),
    (b'<?xml version="1.0" encoding="utf-8"><a/>', 1, "XML declaration not finished"),
    (b'<?xml version="1.0', 1, "XML declaration not finished"),
    (b"<?xml?><a/>", 1, "Reserved XML Name"),
    (b'\n<?xml version="1.0"?><a/>', 2, "Reserved XML Name"),
    (b'<?xml version="1.0" encoding="utf-8?><a/>', 1, "String not closed expecting \" or '"),
    (b'<?xml version="1.0" encoding= utf-8?><a/>', 1, "XML declaration not finished"),
    (b'<?xml version="1.0" encoding="_"?><a/>', 1, "XML declaration not finished"),
    (b'<?xml version "1.0"?><a/>', 1, "XML declaration not finished"),
    (b'<?xml version="1.0"encoding="utf-8"?><a/>', 1, "Space required"),
    (b'<?xml version="1.0" standalone="yes?><a/>', 1, "String not closed expecting \" or '"),
    (b'<?xml version="1.0" encoding = "nope"?><a/>', 1, "Unsupported encoding"),
    (b'<?xml version="1.0" encoding = "hex"?><a/>', 1, "Unsupported encoding"),
    (b'<?xml version="1.0" encoding = "idna"?><a/>', 1, "Unsupported encoding"),
    (b'<?xml version="1.0" encoding = "UTF-16"?><a/>', 1, "Invalid encoding"),
    (b"<a>bc\n\x00</a>", 2, "Invalid character"),
    (b'<a b="\x00"></a>', 1, "> required"),
    (b"<a\x00></a>", 1, "> required"),
    (b"<a></a\x00>", 1, "> required"),
    (b"<a>\xc3", 1, "Invalid document end"),
    (b"<a>x\xc3", 1, "Invalid document end"),
    (b"<a>\xf0\x90", 1, "No memory"),
    (b"\xff\xff\xff\xff", 1, "Not well-formed (invalid token)"),
    (b"\x00\x00\x00\x00\x00", 1, "Not well-formed (invalid token)"),
    (b"<a><b></a>", 1, "Mismatched tag"),
    (b"<a>\n\n<![CDATA[", 3, "Invalid document end"),
    (b"<a>&#", 1, "Invalid character"),
    (b"<a>&x", 1, "EntityRef: expecting ';'"),
    (b"<a>&x;", 1, "Undeclared entity error"),
    (b"<a><", 1, "Invalid document end"),
    (b"<a></", 1, "Mismatched tag"),
    (b"<a><b", 1, "> required"),
    (b'<a><b c="', 1, "> required"),
    (b'<a><b c="\n\n', 3, "> required"),
    (b"<a><!-", 1, "Invalid document end"),
    (b"<a><!--", 1, "Comment not finished"),
    (b"<a><![CDATA", 1, "Invalid document end"),
    (b"<a>]]", 1, "Invalid document end"),
)


class Deaf:
    """Hears nothing."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def text(self, text: str) -> None: ...

    def end(self, name: str, /) -> None: ...


@pytest.mark.parametrize(("document", "line", "words"), SAID)
def test_broken_xml_is_refused_in_phps_words(document: bytes, line: int, words: str) -> None:
    with pytest.raises(MalformedXmlError) as refused:
        read_xml(document, Deaf())
    assert str(refused.value) == f"XML error parsing SOAP payload on line {line}: {words}"


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
def test_an_encoding_that_is_not_known_is_refused(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding = "{encoding}"?><a/>'
    with pytest.raises(MalformedXmlError, match="Unsupported encoding"):
        read_xml(document.encode(), Deaf())
