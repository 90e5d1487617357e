"""Bring the Spanish catalogue up to date: `make texts`.

New texts come in without a translation, those that are gone go, and the others keep theirs. A test
fails until every text has one.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.language.texts import CATALOGUE, all_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = """\
Spanish of the command's texts: Mexican usage, usted.
`make texts` collects the English ones; {0}, {1}, … stand for values and may change their order.
A count has two texts. The first is for 1, and its values are numbered without the count.
"""


def written_catalogue(known: Catalog) -> bytes:
    """Return the .po file of today's texts, with the translations that are known."""
    catalog = Catalog(header_comment=_HEAD.strip(), fuzzy=False)
    spanish = translations(known)
    for (context, english, plural), sources in sorted(all_texts().items()):
        both = tuple(spanish.get((context, text), "") for text in (english, plural))
        catalog.add(
            (english, plural) if plural else english,
            both if plural else both[0],
            locations=[(source, 1) for source in sorted(sources)],
            context=context or None,
        )
    file = io.BytesIO()
    write_po(file, catalog, width=100, omit_header=True, include_lineno=False)
    head = "".join(f"# {line}\n" for line in _HEAD.splitlines())
    meta = (
        'msgid ""\nmsgstr "Language: es\\nContent-Type: text/plain; charset=UTF-8\\n'
        'Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    )
    return (head + meta).encode() + file.getvalue().rstrip(b"\n") + b"\n"


def translations(catalog: Catalog) -> dict[tuple[str, str], str]:
    """Return the Spanish texts by context and English, a count's two texts separately."""
    return {
        (each.context or "", str(text)): str(translation)
        for each in catalog
        if each.id
        for text, translation in zip(_both(each.id), _both(each.string), strict=True)
    }


def _both(text: object) -> Sequence[object]:
    """Return a message's singular and plural, or its only text."""
    return text if isinstance(text, (list, tuple)) else (text,)


def known_catalogue() -> Catalog:
    """Read the catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


if __name__ == "__main__":
    CATALOGUE.write_bytes(written_catalogue(known_catalogue()))
    for (_, english), spanish in translations(known_catalogue()).items():
        if not spanish:
            sys.stdout.write(f"no Spanish yet: {english!r}\n")
