"""Bring the Spanish catalogue up to date: `make texts`.

New texts come in without a translation, those that are gone go, and the others keep theirs. A test
fails until every text has one.
"""

from __future__ import annotations

import io
import sys

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tests.language.texts import CATALOGUE, all_texts

_HEAD = """\
Spanish of the command's texts: Mexican usage, usted.
`make texts` collects the English ones; {0}, {1}, … stand for values and may change their order.
"""


def written_catalogue(known: Catalog) -> bytes:
    """Return the .po file of today's texts, with the translations that are known."""
    catalog = Catalog("es", header_comment=_HEAD.strip(), fuzzy=False)
    for (context, english), sources in sorted(all_texts().items()):
        old = known.get(english, context or None)
        catalog.add(
            english,
            old.string if old is not None else "",
            locations=[(source, 1) for source in sorted(sources)],
            context=context or None,
        )
    file = io.BytesIO()
    write_po(file, catalog, width=100, omit_header=True, include_lineno=False)
    head = "".join(f"# {line}\n" for line in _HEAD.splitlines())
    meta = 'msgid ""\nmsgstr "Language: es\\nContent-Type: text/plain; charset=UTF-8\\n"\n\n'
    return (head + meta).encode() + file.getvalue().rstrip(b"\n") + b"\n"


def known_catalogue() -> Catalog:
    """Read the catalogue as it is."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="es", abort_invalid=True)


if __name__ == "__main__":
    CATALOGUE.write_bytes(written_catalogue(known_catalogue()))
    missing = [each.id for each in known_catalogue() if each.id and not each.string]
    sys.stdout.write("".join(f"no Spanish yet: {text!r}\n" for text in missing))
