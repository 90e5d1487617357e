"""Admin tokens, which permit reading or controlling some or all spaces.

Only digests are kept, so that no `repr` shows a token. All digests are compared, so that the time
of a refusal does not reveal one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from convergia_mockserver.gateway.valid_input import describe
from convergia_mockserver.gateway.world import SpaceNameError, check_name

if TYPE_CHECKING:
    from collections.abc import Iterable

# Shorter tokens could be guessed over the network.
_SHORTEST = 16
_TOKEN = re.compile(rf"[A-Za-z0-9._~+/=-]{{{_SHORTEST},}}")  # the bearer tokens of RFC 6750
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Paths that only describe the server, without anyone's data.
_OPEN = frozenset({"", "/", "/health", "/ca.pem", "/openapi.json", "/page.css"})
_OF_ALL_SPACES = frozenset({"/spaces", "/metrics"})
_SPACES = "/spaces/"
# A snapshot holds the hashes of all passwords.
_SNAPSHOT = "/snapshot"


def is_open(path: str) -> bool:
    """Return True if a path below `/__admin` never requires a token."""
    return path in _OPEN


def needs_writing(method: str, path: str) -> bool:
    """Return True if a read-only token does not permit a request."""
    return method not in _READING or path.startswith(_SNAPSHOT)


class AdminTokenError(ValueError):
    """A file of admin tokens is invalid. The message never contains a token."""


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str
    spaces: tuple[str, ...] | None = None
    read_only: bool = False

    def __repr__(self) -> str:
        return "_Entry()"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: dict[str, _Entry]


@dataclass(frozen=True, slots=True)
class Grant:
    """The permissions of a token.

    Attributes:
        name: the name of the token, for people.
        spaces: the spaces for which it is valid. None for all.
        read_only: True if it permits only reading.
    """

    name: str
    spaces: frozenset[str] | None = None
    read_only: bool = False

    def objection(self, space: str | None, *, writes: bool) -> str | None:
        """Return the reason why a request is not permitted. None if it is.

        Args:
            space: the space of the request. None for all spaces.
            writes: True if it changes something.
        """
        if self.spaces is not None and space not in self.spaces:
            about = "all spaces" if space is None else f"the space {space!r}"
            return f"the token {self.name!r} is not valid for {about}"
        if writes and self.read_only:
            return f"the token {self.name!r} may only read"
        return None


@dataclass(frozen=True, slots=True)
class Denial:
    """The refusal of a request.

    Attributes:
        status: 401 without a valid token, 403 if the token does not permit the request.
        text: the cause and the cure.
    """

    status: int
    text: str


class Access:
    """The tokens of one server.

    Args:
        tokens: the tokens with their permissions.
    """

    def __init__(self, tokens: Iterable[tuple[str, Grant]]) -> None:
        self._grants = [(_digest(token), grant) for token, grant in tokens]

    def grant(self, token: str) -> Grant | None:
        """Return the permissions of a token. None if it is unknown."""
        digest = _digest(token)
        found: Grant | None = None
        for known, grant in self._grants:
            if hmac.compare_digest(known, digest):
                found = grant
        return found

    def denial(
        self, method: str, path: str, space: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> Denial | None:
        """Return the refusal of a request to the admin API. None if it is permitted.

        Args:
            method: the HTTP method.
            path: the percent-decoded path below `/__admin`.
            space: the space in the URL.
            headers: the headers of the request, with names in lower case.
        """
        if is_open(path):
            return None
        given = [value for name, value in headers if name == b"authorization"]
        scheme, _, token = given[0].decode("latin-1").partition(" ") if given else ("", "", "")
        grant = self.grant(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None:
            return Denial(
                401, "an admin token is required: send it as 'Authorization: Bearer TOKEN'"
            )
        target: str | None = space
        if path.startswith(_SPACES):
            target = path.removeprefix(_SPACES).rstrip("/")
        elif path.rstrip("/") in _OF_ALL_SPACES:
            target = None
        objection = grant.objection(target, writes=needs_writing(method, path))
        return None if objection is None else Denial(403, objection)


def load_access(file: Path | str) -> Access:
    """Read a file of tokens, which holds a single token, or TOML with a table for each.

    Raises:
        AdminTokenError: if the file cannot be read, or a token or a space in it is invalid.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise AdminTokenError(f"The admin tokens in {file} cannot be read: {reason}.") from None
    if _TOKEN.fullmatch(text.strip()):
        return Access([(text.strip(), Grant("admin"))])
    try:
        entries = msgspec.convert(tomllib.loads(text), _File).tokens
    except tomllib.TOMLDecodeError:
        # tomllib's error quotes the line, which may hold a token.
        raise AdminTokenError(
            f"{file} has no valid admin token: write one token of at least {_SHORTEST} letters and"
            ' digits, or TOML with [tokens.NAME] and token = "...".'
        ) from None
    except msgspec.ValidationError as error:
        raise AdminTokenError(f"{file}: {describe(error, _File)}") from None
    if not entries:
        raise AdminTokenError(f"{file} has no admin token: write [tokens.NAME].")
    return Access(_checked(file, name, entry) for name, entry in entries.items())


def _checked(file: Path | str, name: str, entry: _Entry) -> tuple[str, Grant]:
    if not _TOKEN.fullmatch(entry.token):
        raise AdminTokenError(
            f"{file}: tokens.{name}: a token must have at least {_SHORTEST} letters, digits, '-',"
            " '.', '_', '~', '+', '/' or '='."
        )
    try:
        for space in entry.spaces or ():
            check_name(space)
    except SpaceNameError as error:
        raise AdminTokenError(f"{file}: tokens.{name}: {error}") from None
    spaces = None if entry.spaces is None else frozenset(entry.spaces)
    return entry.token, Grant(name, spaces, entry.read_only)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
