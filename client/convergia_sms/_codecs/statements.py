"""Words beside a code that state success or failure, and confirm or contradict the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convergia_sms._codecs.vocabulary import ACCEPTED, TEXT, folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convergia_sms._codecs.vocabulary import Vocabulary

__all__ = ["contradicted", "error_named", "known_statement", "only_returned", "success_stated"]

_ACCEPTED = str(ACCEPTED)
_WELL = frozenset(
    (  # noqa: SIM905
        "ok okay success successful exito exitoso exitosa accepted aceptado aceptada sent enviado "
        "enviada correcto correctamente"
    ).split()
)
_ILL = frozenset(
    (  # noqa: SIM905
        "error errores err fail failed failure fallo falla fallido fallida nok ko rejected "
        "rechazado rechazada invalid invalido denied denegado"
    ).split()
)
_YES = frozenset({"true", "1", "yes", "si"})
_NO = frozenset({"false", "0", "no", "none", "null"})
# Names whose value is yes, no or an error text.
_GOOD_NAMES = _WELL | {"valid", "valido", "issuccess", "issuccessful", "isok"}
_BAD_NAMES = _ILL | {"errors", "haserror", "haserrors", "iserror"}
_ERROR = re.compile("err|fall|fail")
_ILL_PHRASE = re.compile(
    r"\b(?:error(?:es)?|fall[oaó]|fallid[oa]|fail(?:ed|ure)?|rechazad[oa]|reject(?:ed)?|denegad[oa]"
    r"|denied|inv[aá]lid[oa]s?|incorrect[oa]s?|nok|undelivered"
    r"|(?:no|not|sin)\s(?:(?:se|ha|fue|pudo|been|be)\s){0,2}"
    r"(?:envi|sent|acept|accept|permit|autoriz|entreg|deliver|proces))",
    re.IGNORECASE,
)
# This code is also an HTTP status, and under such a name it may be one ("status": 200).
_HTTP_OK = "200"
# Proxies and frameworks describe their own failures like this ({"status": 500}), while the message
# may have been sent.
_HTTP_ERROR = re.compile("[45][0-9][0-9]")
_HTTP_NAMES = frozenset(
    {"status", "statuscode", "estatus", "codigoestatus", "state", "estado", "response"}
    | {"responsecode", "http", "httpstatus", "httpcode"}
)

# Names that only say that a value was returned.
_RETURNED = re.compile(
    "|return|returns|returnvalue|retorno|result|resultado|response|respuesta|out|output|salida|value"
    "|valor|item|string|int|data|d|.+(?:result|return|response|resultado|respuesta)"
)


def only_returned(name: str) -> bool:
    """Return True for "return" and similar names, which do not say what the value is."""
    return _RETURNED.fullmatch(folded(name)) is not None


def success_stated(word: str) -> bool | None:
    """Return True if `word` states success, False if failure, None otherwise."""
    plain = folded(word)
    if plain in _WELL:
        return True
    return False if plain in _ILL else None


def known_statement(word: str) -> bool:
    """Return True if `word` states success, failure, yes or no."""
    return success_stated(word) is not None or folded(word) in _YES | _NO


def error_named(name: str) -> bool:
    """Return True if a field of this name holds an error, and not the answer's code."""
    return _ERROR.search(folded(name)) is not None


def contradicted(members: Iterable[tuple[str, str]], code: str, vocabulary: Vocabulary) -> bool:
    """Return True if any member states another outcome than `code`.

    Args:
        members: the names and values of the whole reply.
        code: a code that was read from it.
        vocabulary: the vocabulary of the operation.
    """
    members = tuple(members)
    confirmed = any(vocabulary.is_only_text_of(value, code) for _, value in members)
    return any(
        stated is not None and not vocabulary.may_state(code, success=stated)
        for stated in (_stated(name, value.strip(), vocabulary) for name, value in members)
    ) or any(
        _of_another_code(value, code, vocabulary)
        or (only_returned(name) and vocabulary.is_listed(value.strip()) and value.strip() != code)
        or (not confirmed and _of_http(name, value, code, vocabulary))
        for name, value in members
    )


def _stated(name: str, value: str, vocabulary: Vocabulary) -> bool | None:
    """Return True if a member states success, False if failure, None otherwise."""
    if not value:
        return None
    plain_name, plain = folded(name), folded(value)
    if plain_name in _GOOD_NAMES:
        return True if plain in _YES else (False if plain in _NO else success_stated(value))
    if plain_name in _BAD_NAMES and plain in _NO | _YES:
        return plain in _NO
    word = success_stated(value)
    if word is not None:
        return word
    if error_named(name):
        # "error": 100 is not a success, and neither is "error" with an explanation.
        return plain in _NO | _WELL
    marked = vocabulary.mark_texts(value).text.replace(TEXT, " ")
    return False if _ILL_PHRASE.search(marked) else None


def _of_another_code(value: str, code: str, vocabulary: Vocabulary) -> bool:
    codes = vocabulary.mark_texts(value).codes
    return codes is not None and code not in codes


def _of_http(name: str, value: str, code: str, vocabulary: Vocabulary) -> bool:
    """Return True if the number under this name may be an HTTP status."""
    if value.strip() != code:
        return False
    if code == _HTTP_OK:
        return folded(name) in _HTTP_NAMES
    return _HTTP_ERROR.fullmatch(code) is not None and not vocabulary.is_listed(code)
