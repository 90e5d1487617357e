"""The rules that recognise a code, a message id and the guide's texts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convergia_wsdl import Endpoint

# Replaces the guide's text where it was found. A reply cannot contain it.
TEXT = "\x00"

ACCEPTED = 100
MARKS = " \t\r\n|,;:.-"
# Codes that may stand beside a word for success or failure. A message may fail although its query
# succeeded.
_WELL = frozenset({"100", "0", "2", "3"})
_NOT_ILL = frozenset({"100", "0", "3"})
# Never a message id, although its pattern may match: a date, a decimal number, an IP address, or
# only zeros.
_NO_ID = re.compile(
    r"\d{4}([-._])\d{1,2}\1\d{1,2}|\d{1,2}([-._])\d{1,2}\2\d{2,4}|\d{1,9}\.\d{1,6}"
    r"|\d{1,3}(?:\.\d{1,3}){3}|0+"
)


def folded(name: str) -> str:
    """Return a name for comparison: lower case, no accents, only letters and digits."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in plain if character.isascii() and character.isalnum())


@dataclass(frozen=True, slots=True)
class Marked:
    """A text in which `TEXT` replaces each of the guide's texts.

    Attributes:
        text: the text.
        codes: the codes that all the guide's texts in it agree on. None if there were none.
    """

    text: str
    codes: frozenset[str] | None

    def allows(self, code: str) -> bool:
        """Return True if no text of the guide contradicts `code`."""
        return self.codes is None or code in self.codes


class Vocabulary:
    """The codes, ids and texts of an operation."""

    def __init__(self, endpoint: Endpoint, message_id: re.Pattern[str]) -> None:
        self._id = message_id
        self._listed = {str(code.code) for code in endpoint.codes}
        # The guide's send codes have three digits, its status codes one. A number of another length
        # is not a code.
        self._lengths = {len(code) for code in self._listed}
        self._sends = str(ACCEPTED) in self._listed
        texts: dict[str, set[str]] = {}
        for code in endpoint.codes:
            texts.setdefault(_loose(code.text), set()).add(str(code.code))
        longest_first = sorted(texts, key=len, reverse=True)
        # A shorter body contains no text. A charset that garbles a text only makes it longer.
        self._shortest = min(len(code.text.rstrip(".")) for code in endpoint.codes)
        self._any_text = re.compile(
            "|".join(f"({pattern})" for pattern in longest_first), re.IGNORECASE
        )
        self._codes_by_group = [frozenset(texts[pattern]) for pattern in longest_first]

    def is_code(self, token: str) -> bool:
        """Return True if `token` has the form of a code. The guide need not list it."""
        return token.isascii() and token.isdigit() and len(token) in self._lengths

    def is_listed(self, token: str) -> bool:
        """Return True if the guide lists `token` as a code."""
        return token in self._listed

    def is_only_text_of(self, word: str, code: str) -> bool:
        """Return True if `word` is the guide's text of `code` and nothing else."""
        marked = self.mark_texts(word)
        if marked.codes is None or marked.text.replace(TEXT, "").strip(MARKS):
            return False
        return code in marked.codes

    def may_state(self, code: str, *, success: bool) -> bool:
        """Return True if a word for success, or for failure, may stand beside `code`."""
        return code in _WELL if success else code not in _NOT_ILL

    def looks_like_id(self, token: str) -> bool:
        """Return True if an unlabelled `token` is certainly a message id.

        It must have a digit, because otherwise any word would be an id ("OK 100").
        """
        return (
            any(character.isdigit() for character in token)
            and self._id.fullmatch(token) is not None
            and _NO_ID.fullmatch(token) is None
        )

    def is_pair(self, code: str, message_id: str) -> bool:
        """Return True if two adjacent tokens are a code and an id.

        Only its value identifies the code, so the guide must list it. Beside a rejection, an id
        must have a digit ("200 OK" is not an error of the system).
        """
        if code not in self._listed:
            return False
        if not message_id:
            return True
        if self._id.fullmatch(message_id) is None:
            return False
        return (
            not self._sends
            or code == str(ACCEPTED)
            or any(character.isdigit() for character in message_id)
        )

    def is_id(self, token: str) -> bool:
        """Return True if a named `token` is a message id or empty."""
        return not token or self._id.fullmatch(token) is not None

    @staticmethod
    def is_no_id(token: str) -> bool:
        """Return True for a date, a decimal number, an IP address or only zeros."""
        return _NO_ID.fullmatch(token) is not None

    def mark_texts(self, text: str) -> Marked:
        """Return `text` with each of the guide's texts replaced by `TEXT`."""
        if TEXT in text:
            return Marked(text, frozenset())
        if len(text) < self._shortest:
            return Marked(text, None)
        codes: frozenset[str] | None = None

        def mark(found: re.Match[str]) -> str:
            nonlocal codes
            meant = self._codes_by_group[(found.lastindex or 1) - 1]
            codes = meant if codes is None else codes & meant
            return TEXT

        without = self._any_text.sub(mark, text)
        return Marked(without, codes)


def _loose(text: str) -> str:
    """Return a pattern for one of the guide's texts, tolerant of damaged accents.

    An accent may be intact, left out, a combining character, an HTML entity, bytes of another
    charset (one to four characters), or question marks.
    """
    pieces: list[str] = []
    for character in text.rstrip("."):
        if character.isspace():
            pieces.append(r"(?:[ \t_+\xa0]{1,3}|%20)")
        elif character.isascii():
            pieces.append(re.escape(character))
        else:
            plain = re.escape(unicodedata.normalize("NFKD", character)[0])
            pieces.append(
                rf"(?:{plain}[\u0300-\u036f]?|&{plain}(?:acute|tilde|uml);|&#x?[0-9a-f]{{2,4}};"
                r"|[^\x00-\x7f]{1,4}|\?{1,3})"
            )
    return "".join(pieces) + r"\.?"
