"""The parts of an Excel workbook (ECMA-376): sheets, shared texts, formats.

The parts are streamed, and their XML may be hostile.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING

from lxml import etree

from ._number_format import BUILTIN_FORMATS
from ._row import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "BROKEN", "CellStyle", "MalformedError", "Sheet", "Workbook", "open_workbook", "parse",
    "rich_text", "unescaped", "words",
]  # fmt: skip

BROKEN = (
    etree.XMLSyntaxError, zipfile.BadZipFile, zlib.error, LookupError, ValueError, OSError,
    EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""The errors of zipfile, zlib and lxml for a broken or hostile workbook."""


class MalformedError(ValueError):
    """Raised for a workbook that breaks ECMA-376. The text says how."""


_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
# The most shared texts, which are held in memory, also if they are empty.
_MAX_SHARED = 1 << 28
_TEXT_OVERHEAD = 64
# The most bytes of XML between two requested elements, which are held in memory.
_MAX_ELEMENT = 1 << 23
# Elements of which a sheet may have long lists, and which are not used.
_LISTED = frozenset({"conditionalFormatting", "dataValidation", "hyperlink"})
# Excel has at most 64,000.
_MAX_STYLES = 1 << 16
_SAVE_AGAIN = "save it as .xlsx again, or as CSV"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: its name, its part in the file, and True if it is visible."""

    name: str
    part: str
    visible: bool


@dataclass(frozen=True)
class CellStyle:
    """The style of cells: a number format, and True if the text is crossed out."""

    format: str
    crossed_out: bool

    @cached_property
    def changes_text(self) -> bool:
        """True if the format changes how texts are shown."""
        return self.format != "@" and ("@" in self.format or ";" in self.format)


class Workbook:
    """An open workbook.

    Attributes:
        sheets: the worksheets, in order.
        uncalculated: True if the program that wrote the file did not calculate its formulas. The
            stored values are then placeholders (XlsxWriter, openpyxl).
        date1904: True if dates count from 1904.
    """

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        main = self._target_of("", "/officeDocument") or "xl/workbook.xml"
        targets = self._relations(main)
        sheets: list[Sheet] = []
        self.uncalculated = self.date1904 = False
        with self.part(main) as part:
            for element in parse(part, "sheet", "calcPr", "workbookPr"):
                kind = etree.QName(element).localname
                if kind == "calcPr":
                    self.uncalculated = _true(element.get("fullCalcOnLoad"))
                elif kind == "workbookPr":
                    self.date1904 = _true(element.get("date1904"))
                else:
                    relation = element.get(_RELATION) or element.get(_STRICT_RELATION) or ""
                    what, target = targets.get(relation, ("", ""))
                    if what.endswith("/worksheet"):
                        visible = element.get("state", "visible") == "visible"
                        sheets.append(Sheet(element.get("name", ""), target, visible))
        self.sheets = tuple(sheets)
        self._styles_part = self._target_of(main, "/styles")
        self._shared_part = self._target_of(main, "/sharedStrings")

    @contextmanager
    def part(self, name: str) -> Iterator[IO[bytes]]:
        """Open a part of the file."""
        with self._file.open(name) as file:
            yield file

    @cached_property
    def shared(self) -> list[str | None]:
        """The shared texts that cells refer to. None for a text that is partly crossed out."""
        if self._shared_part is None:
            return []
        texts: list[str | None] = []
        size = 0
        with self.part(self._shared_part) as file:
            for element in parse(file, "si"):
                texts.append(rich_text(element))
                size += len(texts[-1] or "") + _TEXT_OVERHEAD
                if size > _MAX_SHARED:
                    raise SourceError("the workbook's texts are too large", "save it as CSV")
        return texts

    @cached_property
    def styles(self) -> list[CellStyle]:
        """The styles of cells, by their index."""
        if self._styles_part is None:
            return []
        codes: dict[int, str] = {}
        crossed_out: list[bool] = []
        styles: list[CellStyle] = []
        with self.part(self._styles_part) as file:
            for element in parse(file, "numFmt", "font", "xf"):
                match etree.QName(element).localname, _parent(element):
                    case "numFmt", _:
                        codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
                    case "font", "fonts":
                        crossed_out.append(_is_crossed_out(element))
                    case "xf", "cellXfs":
                        id_, font = (int(element.get(name, "0")) for name in ("numFmtId", "fontId"))
                        # An id without a code is that of an Excel in another language.
                        code = codes.get(id_) or BUILTIN_FORMATS.get(id_, "")
                        struck = 0 <= font < len(crossed_out) and crossed_out[font]
                        styles.append(CellStyle(code, struck))
                        if len(styles) > _MAX_STYLES:
                            raise MalformedError("it has too many styles")
        return styles

    def _target_of(self, part: str, kind: str) -> str | None:
        for what, target in self._relations(part).values():
            if what.endswith(kind):
                return target
        return None

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the kind and the target of each relation of a part, by relation id."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed not in self._file.NameToInfo:
            return {}
        with self.part(listed) as file:
            return {
                element.get("Id", ""): (
                    element.get("Type", ""),
                    posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))[1:],
                )
                for element in parse(file, "Relationship")
            }


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Open a workbook.

    Raises:
        SourceError: the file is not a workbook, or is broken.
    """
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            raise SourceError(
                f"{path.name} is protected by a password, or is an old .xls file",
                "remove the password and save it as .xlsx",
            )
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise SourceError(f"{path.name} is not an Excel file: {error}", _SAVE_AGAIN) from None
    with archive:
        try:
            book = Workbook(archive)
        except BROKEN as error:
            raise SourceError(
                f"{path.name} is not an Excel file: {words(error)}", _SAVE_AGAIN
            ) from None
        yield book


class _Bounded:
    """A part's bytes for the parser, limited to what may be held in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.left = _MAX_ELEMENT

    def read(self, size: int) -> bytes:
        self.left -= size
        if self.left < 0:
            raise MalformedError("an element of it is too large")
        return self._file.read(size)


def parse(file: IO[bytes], *tags: str) -> Iterator[etree._Element]:
    """Yield the elements with these names as they end. Each is freed when the next is read.

    Raises:
        etree.XMLSyntaxError: the XML is not well-formed.
        MalformedError: it has a DTD, whose entities could hide anything, or is too large.
    """
    bounded = _Bounded(file)
    wanted = [f"{{*}}{tag}" for tag in (*tags, *_LISTED)]
    elements = etree.iterparse(
        bounded, events=("end",), tag=wanted, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    checked = False
    for _, element in elements:
        if not checked:
            checked = True
            if element.getroottree().docinfo.doctype:
                raise MalformedError("it has a document type declaration")
        bounded.left = _MAX_ELEMENT
        if etree.QName(element).localname not in _LISTED:
            yield element
        element.clear(keep_tail=False)
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def words(error: Exception) -> str:
    """Return the reason for an error. For errors of libraries, only their class name."""
    return str(error) if isinstance(error, MalformedError) else type(error).__name__


def unescaped(text: str) -> str:
    """Return a text with Excel's escapes of special characters resolved, and LF line ends."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def rich_text(element: etree._Element) -> str | None:
    """Return the text of an item, or None if a part of it is crossed out.

    Phonetic hints (`rPh`) are left out.
    """
    parts: list[str] = []
    for child in element:
        match etree.QName(child).localname:
            case "t":
                parts.append(child.text or "")
            case "r":
                run = "".join(text.text or "" for text in child.iterfind("{*}t"))
                if run.strip() and any(map(_is_crossed_out, child.iterfind("{*}rPr"))):
                    return None
                parts.append(run)
    return unescaped("".join(parts))


def _is_crossed_out(font: etree._Element) -> bool:
    strike = font.find("{*}strike")
    return strike is not None and _true(strike.get("val", "true"))


def _parent(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else etree.QName(parent).localname


def _true(value: str | None) -> bool:
    return value in {"1", "true", "on"}
