"""The assumptions in force, typed."""

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
    """What a form with names calls the code, the message id, the text and, in XML, the whole."""

    code: str = "codigo"
    id: str = "id"
    text: str = "descripcion"
    root: str = "respuesta"


class Dialect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the body of a reply spells code and message id; see `profile.toml` for each field."""

    form: DialectForm = "code"
    separator: str = "|"
    order: Literal["code-id", "id-code"] = "code-id"
    text: bool = False
    html: bool = False
    keys: Keys = Keys()


class HttpReplies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP face's dialects, and the Content-Type its replies bear."""

    send: Dialect
    status: Dialect
    content_type: str


class SoapReplies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SOAP face's dialects, inside the returned part."""

    send: Dialect
    status: Dialect


class FieldSynonyms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a named field of a reply may be called: lower-case letters and digits."""

    code: tuple[str, ...]
    id: tuple[str, ...]
    text: tuple[str, ...]


class Replies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dialects of both faces, and the names a reader takes for their fields.

    `strict` turns `auto` off as the second reader of what the dialects do not describe.
    """

    http: HttpReplies
    soap: SoapReplies
    synonyms: FieldSynonyms
    strict: bool = False


class OperationOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a profile says about one of the WSDL's operations.

    `operation` is its name; it is found if empty. `parts` maps the guide's parameters to the
    WSDL's parts. `values` fills parts that the guide has no parameter for, by their names.
    """

    operation: str = ""
    parts: dict[str, str] = {}
    values: dict[str, str] = {}


class Synonyms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a WSDL may call each of the guide's parameters: lower-case letters and digits."""

    username: tuple[str, ...]
    password: tuple[str, ...]
    number: tuple[str, ...]
    message: tuple[str, ...]
    extra: tuple[str, ...]
    messageid: tuple[str, ...]


class Verbs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words in an operation's name that tell sends and status queries apart."""

    send: tuple[str, ...]
    status: tuple[str, ...]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the binding is found in the WSDL, and what overrules it; None leaves it to be found."""

    synonyms: Synonyms
    verbs: Verbs
    send: OperationOverride | None = None
    status: OperationOverride | None = None


class MessageIdRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a message id looks like (`pattern`, matched whole) and the mock's first one."""

    pattern: str
    first: int


class NumberRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway takes for a number (`pattern`, matched whole)."""

    pattern: str


class TextRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a text may be, in which unit, and the charset each face reads it in."""

    max_length: int
    unit: Literal["characters", "septets", "segments"]
    http_charset: str
    soap_charset: str


class ErrorRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which code wins when several apply, which are worth another try, which means "too fast".

    `operation_refusal` says how operations besides send and status refuse wrong credentials.
    """

    precedence: tuple[int, ...]
    status_precedence: tuple[int, ...]
    retryable: frozenset[int]
    rate: int
    operation_refusal: Literal["fault", "code"]


class StatusRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which delivery states never change again."""

    final: frozenset[int]


class ConnectionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the gateway takes another request on a connection it has answered on (`reuse`)."""

    reuse: bool = True


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every assumption in force. `source` is its file and `wsdl` its WSDL's, both absolute."""

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
        """Return the WSDL's bytes, as cached.

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
        """Return the SHA-256 of what is assumed, wherever the profile and its WSDL stand."""
        assumed = msgspec.structs.replace(self, source="", wsdl="")
        return hashlib.sha256(msgspec.json.encode(assumed, order="deterministic")).hexdigest()

    def wsdl_digest(self) -> str:
        """Return the SHA-256 of the cached WSDL.

        Raises:
            ContractError: the file cannot be read.
        """
        return hashlib.sha256(self.wsdl_bytes()).hexdigest()


def load_profile(source: str | Path | None = None) -> Profile:
    """Return the assumptions in force.

    Args:
        source: a `profile.toml`; what it leaves out comes from the packaged one. None gives the
            packaged one itself (read once per process).

    Raises:
        ContractError: the file cannot be read, has an unknown or missing key, a pattern that is
            no regular expression, a charset that Python does not know, a word with two meanings,
            or a code that the guide does not list.
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
    """Return the table with a relative WSDL made absolute from the profile that names it."""
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
            raise ContractError(f"{source}: {where}: no such charset: {charset!r}") from error
    for where, words in (
        ("binding.synonyms", profile.binding.synonyms),
        ("binding.verbs", profile.binding.verbs),
        ("reply.synonyms", profile.reply.synonyms),
    ):
        _refuse_ambiguous(where, msgspec.structs.asdict(words), source)
    if profile.text.max_length < 1:
        raise ContractError(f"{source}: text.max_length: {profile.text.max_length} is below 1")
    _refuse_unlisted(profile, source)
    return profile


def _refuse_ambiguous(where: str, vocabulary: dict[str, tuple[str, ...]], source: object) -> None:
    """Require that a word has one meaning and is spelt as names are compared."""
    meanings: dict[str, str] = {}
    for meaning, words in vocabulary.items():
        for word in words:
            if not re.fullmatch("[a-z0-9]+", word):
                raise ContractError(
                    f"{source}: {where}.{meaning}: {word!r}: lower-case letters and digits only"
                )
            if meanings.setdefault(word, meaning) != meaning:
                raise ContractError(
                    f"{source}: {where}: {word!r} stands for {meanings[word]} and for {meaning}"
                )


def _refuse_unlisted(profile: Profile, source: object) -> None:
    """Codes that the guide does not list are slips of the pen, unlike codes a gateway answers."""
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
                raise ContractError(f"{source}: {where}: the guide lists no code {code}")
