"""The assumptions about the gateway, as typed values."""

from __future__ import annotations

import codecs
import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from ._errors import ContractError
from ._guide import load_guide
from ._toml import convert, overlay, read_table

DialectForm = Literal["auto", "code", "separated", "key-value", "json", "xml", "struct", "array"]

_PACKAGED = Path(str(files(__package__))) / "profile.toml"


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names of code, id, text and (in XML) root in replies that name their fields."""

    code: str = "codigo"
    id: str = "id"
    text: str = "descripcion"
    root: str = "respuesta"


class Dialect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form in which a reply contains code and message id. See `profile.toml` for the fields."""

    form: DialectForm = "code"
    separator: str = "|"
    order: Literal["code-id", "id-code"] = "code-id"
    text: bool = False
    html: bool = False
    keys: Keys = Keys()


class HttpReplies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dialects of the HTTP API, and the Content-Type of its replies."""

    send: Dialect
    status: Dialect
    content_type: str


class SoapReplies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dialects of the SOAP API, inside the returned part."""

    send: Dialect
    status: Dialect


class FieldSynonyms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other names for a reply's fields, in lower-case letters and digits."""

    code: tuple[str, ...]
    id: tuple[str, ...]
    text: tuple[str, ...]


class Replies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dialects of both transports, and other names for their fields.

    If `strict`, a reply that the dialects do not describe is unreadable. Otherwise `auto` reads it.
    """

    http: HttpReplies
    soap: SoapReplies
    synonyms: FieldSynonyms
    strict: bool = False


class OperationOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile's settings for an operation of the WSDL.

    `operation` is its name. If empty, it is found automatically. `parts` maps the guide's
    parameters to the WSDL's parts. `values` fills parts that have no parameter in the guide, by
    name.
    """

    operation: str = ""
    parts: dict[str, str] = {}
    values: dict[str, str] = {}


class Synonyms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other names of the guide's parameters in a WSDL, in lower-case letters and digits."""

    username: tuple[str, ...]
    password: tuple[str, ...]
    number: tuple[str, ...]
    message: tuple[str, ...]
    extra: tuple[str, ...]
    messageid: tuple[str, ...]


class Verbs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words in an operation's name that identify sends and status queries."""

    send: tuple[str, ...]
    status: tuple[str, ...]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules that find the two operations in the WSDL, and overrides. None without override."""

    synonyms: Synonyms
    verbs: Verbs
    send: OperationOverride | None = None
    status: OperationOverride | None = None


class MessageIdRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pattern of a whole message id, and the first id that the mock server gives."""

    pattern: str
    first: int


class NumberRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pattern of a whole number that the gateway accepts."""

    pattern: str


class TextRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The maximum length of a text, its unit, and the charset in which each transport reads it."""

    max_length: int
    unit: Literal["characters", "septets", "segments"]
    http_charset: str
    soap_charset: str


class ErrorRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The precedence of codes, the retryable ones, and the code for a rate that is too high.

    `operation_refusal` says how operations other than send and status reject wrong credentials.
    """

    precedence: tuple[int, ...]
    status_precedence: tuple[int, ...]
    retryable: frozenset[int]
    rate: int
    operation_refusal: Literal["fault", "code"]


class StatusRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The codes of the delivery states that never change again."""

    final: frozenset[int]


class ConnectionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`reuse`: True if the gateway accepts more than one request on a connection."""

    reuse: bool = True


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All assumptions. `source` is the absolute path of the profile, `wsdl` that of its WSDL."""

    wsdl: str
    binding: Binding
    reply: Replies
    message_id: MessageIdRules
    number: NumberRules
    text: TextRules
    errors: ErrorRules
    status: StatusRules
    connection: ConnectionRules = ConnectionRules()
    source: str = ""

    def wsdl_bytes(self) -> bytes:
        """Return the bytes of the cached WSDL.

        Raises:
            ContractError: the file cannot be read.
        """
        try:
            return Path(self.wsdl).read_bytes()
        except OSError as error:
            raise ContractError(
                f"{self.source}: wsdl: {self.wsdl} cannot be read: {error.strerror or error}"
            ) from error

    def digest(self) -> str:
        """Return the SHA-256 of the assumptions, independent of the files' paths."""
        assumed = msgspec.structs.replace(self, source="", wsdl="")
        return hashlib.sha256(msgspec.json.encode(assumed, order="deterministic")).hexdigest()

    def wsdl_digest(self) -> str:
        """Return the SHA-256 of the cached WSDL.

        Raises:
            ContractError: the file cannot be read.
        """
        return hashlib.sha256(self.wsdl_bytes()).hexdigest()


def load_profile(source: str | Path | None = None) -> Profile:
    """Return the profile, which holds the assumptions.

    Args:
        source: a `profile.toml`. Its missing values come from the packaged one. None returns the
            packaged one, which is read once for each process.

    Raises:
        ContractError: the file cannot be read, or has an unknown or missing key, an invalid regular
            expression, a charset that Python does not know, a `max_length` below 1, a word with two
            meanings, or a code that the guide does not list.
    """
    if source is None:
        return _packaged()
    path = Path(source).absolute()
    changes = read_table(path)
    return _build(overlay(_packaged_table(), _with_absolute_wsdl(changes, path)), path)


@cache
def _packaged() -> Profile:
    return _build(_packaged_table(), _PACKAGED)


def _packaged_table() -> dict[str, object]:
    return _with_absolute_wsdl(read_table(_PACKAGED), _PACKAGED)


def _with_absolute_wsdl(table: dict[str, object], source: Path) -> dict[str, object]:
    """Return the table with an absolute path of the WSDL, relative to the profile's folder."""
    wsdl = table.get("wsdl")
    return {**table, "wsdl": str(source.parent / wsdl)} if isinstance(wsdl, str) else table


def _build(table: dict[str, object], source: Path) -> Profile:
    profile = convert({**table, "source": str(source)}, Profile, source)
    for where, pattern in (
        ("message_id.pattern", profile.message_id.pattern),
        ("number.pattern", profile.number.pattern),
    ):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ContractError(f"{source}: {where}: not a regular expression: {error}") from error
    for where, charset in (
        ("text.http_charset", profile.text.http_charset),
        ("text.soap_charset", profile.text.soap_charset or "utf-8"),
    ):
        try:
            codecs.lookup(charset)
        except LookupError as error:
            raise ContractError(
                f"{source}: {where}: {charset!r} is not a charset that Python knows. Use its usual"
                " name, for example 'utf-8' or 'iso-8859-1'"
            ) from error
    for where, words in (
        ("binding.synonyms", profile.binding.synonyms),
        ("binding.verbs", profile.binding.verbs),
        ("reply.synonyms", profile.reply.synonyms),
    ):
        _refuse_ambiguous(where, msgspec.structs.asdict(words), source)
    if profile.text.max_length < 1:
        raise ContractError(
            f"{source}: text.max_length: must be at least 1, not {profile.text.max_length}"
        )
    _refuse_unlisted(profile, source)
    return profile


def _refuse_ambiguous(where: str, vocabulary: dict[str, tuple[str, ...]], source: object) -> None:
    """Require that each word has only one meaning, and only lower-case letters and digits."""
    meanings: dict[str, str] = {}
    for meaning, words in vocabulary.items():
        for word in words:
            if not re.fullmatch("[a-z0-9]+", word):
                raise ContractError(
                    f"{source}: {where}.{meaning}: {word!r} must have only the letters a to z, in"
                    " lower case, and digits"
                )
            if meanings.setdefault(word, meaning) != meaning:
                raise ContractError(
                    f"{source}: {where}: {word!r} stands for {meanings[word]} and for {meaning}."
                    " Remove it from one of them"
                )


def _refuse_unlisted(profile: Profile, source: object) -> None:
    """Reject codes that the guide does not list, because they are typing errors in the profile."""
    guide = load_guide()
    send_codes = {code.code for code in guide.send.codes}
    status_codes = {code.code for code in guide.status.codes}
    for where, codes, listed in (
        ("errors.precedence", profile.errors.precedence, send_codes),
        ("errors.retryable", profile.errors.retryable, send_codes),
        ("errors.rate", (profile.errors.rate,), send_codes),
        ("errors.status_precedence", profile.errors.status_precedence, status_codes),
        ("status.final", profile.status.final, status_codes),
    ):
        for code in codes:
            if code not in listed:
                raise ContractError(
                    f"{source}: {where}: {code} is not a code of the guide. It lists"
                    f" {', '.join(map(str, sorted(listed)))}"
                )
