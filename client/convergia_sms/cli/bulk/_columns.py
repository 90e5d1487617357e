"""The roles of the columns, and the template for texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

from convergia_sms._codecs.vocabulary import folded
from convergia_sms._numbers import normalize

from .sources import SourceError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from convergia_wsdl import Synonyms

    from .sources import Row


_PLACE = re.compile(r"[\[{<«%]\s*([^\[\]{}<>«»%]+?)\s*[\]}>»%]")


def unfilled(text: str, names: Collection[str]) -> str | None:
    """Return an unfilled placeholder in a text, such as `{nombre}`, or None.

    Args:
        text: the text to send.
        names: the folded names of the columns.
    """
    for found in _PLACE.finditer(text):
        if folded(found[1]) in names:
            return found[0]
    return None


class TextTemplate:
    """A text with `{column}` in it; `{{` and `}}` are braces.

    A name may only be that of a column. Attributes, indices and formats are rejected, so that a
    template cannot reach into the program.

    Raises:
        SourceError: the template is malformed, or names a column that the file lacks.
    """

    def __init__(self, text: str, columns: Sequence[str]) -> None:
        self._parts: list[tuple[str, str | None]] = []
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise SourceError(
                f"the template is not valid: {error}", "write {{ and }} for braces"
            ) from None
        for literal, name, form, conversion in parts:
            if form or conversion:
                raise SourceError(
                    f"the template is not valid: {{{name}…}}",
                    "write only the name of a column between braces: {column}",
                )
            column = None
            if name is not None:
                wrong = f"the template names {{{name}}}, which is not a column"
                column = _column(name, columns, wrong)
            self._parts.append((literal, column))
        left = unfilled("".join(literal for literal, _ in self._parts), set(map(folded, columns)))
        if left is not None:
            raise SourceError(
                f"the template would send {left} as it stands", "write {column} for a column's cell"
            )

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the template names."""
        return frozenset(column for _, column in self._parts if column is not None)

    def empty(self, row: Row) -> str | None:
        """Return the first column in the template whose cell is empty in a row, or None."""
        for _, column in self._parts:
            if column is not None and not (row.cell(column) or "").strip():
                return column
        return None

    def render(self, row: Row) -> str:
        """Return the text for a row.

        Raises:
            ValueError: the row lacks a column that the template names.
        """
        text = ""
        for literal, column in self._parts:
            text += literal
            if column is not None:
                cell = row.cell(column)
                if cell is None:
                    raise ValueError(f"the row has no column {column!r}, which the template names")
                text += cell
        return text


@dataclass(frozen=True, slots=True)
class Columns:
    """The roles of the columns.

    Attributes:
        number: the column of the number.
        text: the column of the text, or a template of it.
        extra: the column of the caller's reference, or None.
        key: the column that identifies a row if it comes again. None for the line number.
        names: the names of all columns, folded.
    """

    number: str
    text: str | TextTemplate
    extra: str | None
    key: str | None
    names: frozenset[str] = frozenset()

    def text_of(self, row: Row) -> str:
        """Return the text for a row.

        Raises:
            ValueError: the row lacks a column that the template names, or its text holds the
                name of one.
        """
        if isinstance(self.text, TextTemplate):
            return self.text.render(row)
        text = row.cell(self.text) or ""
        left = unfilled(text, self.names)
        if left is not None:
            raise ValueError(f"the text would go out with {left} in it; use --template instead")
        return text

    def empty(self, row: Row) -> str | None:
        """Return a column of the template whose cell is empty, or None."""
        return self.text.empty(row) if isinstance(self.text, TextTemplate) else None

    @property
    def used(self) -> frozenset[str]:
        """All columns that are used to make messages."""
        text = self.text.columns if isinstance(self.text, TextTemplate) else {self.text}
        return frozenset(filter(None, {self.number, self.extra, self.key, *text}))


def columns_of(
    columns: Sequence[str],
    synonyms: Synonyms,
    *,
    number: str | None,
    text: str | None,
    template: str | None,
    extra: str | None,
    key: str | None,
) -> Columns:
    """Return the roles of the columns, from the options and the header.

    Args:
        columns: the header.
        synonyms: other names for the guide's parameters, from the profile.
        number, text, extra, key: columns that the caller named.

    Raises:
        SourceError: a column is missing, or the header does not make clear which one is meant.
    """
    if text is not None and template is not None:
        raise SourceError("--text and --template both say what the text is", "give one of them")
    return Columns(
        names=frozenset(map(folded, columns)),
        number=number_column(columns, synonyms, number),
        text=TextTemplate(template, columns)
        if template is not None
        else _named(text, columns) or _found("message", columns, synonyms, "--text or --template"),
        extra=_named(extra, columns) or _only("extra", columns, synonyms),
        key=_named(key, columns),
    )


def number_column(columns: Sequence[str], synonyms: Synonyms, named: str | None) -> str:
    """Return the column that holds the number.

    Raises:
        SourceError: the column is missing, or the header does not make clear which one is meant.
    """
    return _named(named, columns) or _found("number", columns, synonyms, "--number")


def _named(name: str | None, columns: Sequence[str]) -> str | None:
    return None if name is None else _column(name, columns, f"there is no column {name!r}")


def _column(name: str, columns: Sequence[str], wrong: str) -> str:
    """Return a column by its name, ignoring case, accents and punctuation.

    Raises:
        SourceError: there is none, with the text `wrong`.
    """
    if name in columns:
        return name
    alike = [column for column in columns if folded(column) == folded(name)]
    if len(alike) == 1 and folded(name):
        return alike[0]
    raise SourceError(wrong, f"the columns are: {', '.join(columns)}")


def _matching(parameter: str, columns: Sequence[str], synonyms: Synonyms) -> list[str]:
    known: tuple[str, ...] = getattr(synonyms, parameter)
    return [column for column in columns if folded(column) in known]


def _only(parameter: str, columns: Sequence[str], synonyms: Synonyms) -> str | None:
    found = _matching(parameter, columns, synonyms)
    return found[0] if len(found) == 1 else None


def _is_number(name: str) -> bool:
    try:
        return bool(normalize(name))
    except ValueError:
        return False


def _found(parameter: str, columns: Sequence[str], synonyms: Synonyms, option: str) -> str:
    found = _matching(parameter, columns, synonyms)
    if len(found) == 1:
        return found[0]
    number = next((name for name in columns if _is_number(name)), None)
    if not found and number is not None:
        raise SourceError(
            f"the first line is not a header: it has the number {number!r}",
            "name the columns in a line above it: celular,mensaje",
        )
    several = ", ".join(repr(column) for column in found)
    what = {"number": "number", "message": "text"}[parameter]
    raise SourceError(
        f"several columns may hold the {what}: {several}"
        if found
        else f"no column has a known name for the {what}",
        f"name it with {option}; the columns are: {', '.join(columns)}",
    )
