"""Binding the WSDL's operations and parts to the guide's send and status.

The binding uses the names of the parts and the profile's vocabulary: an operation with a user, a
password, a number and a text is "send". If the names are ambiguous, the profile must decide
(`[binding]`). Otherwise it is an error.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from convergia_wsdl import OperationOverride, Profile

    from convergia_mockserver.gateway.calls import Operation

    from .wsdl import Wsdl, WsdlOperation

_REQUIRED: Mapping[str, frozenset[str]] = {
    "send": frozenset(("username", "password", "number", "message")),
    "status": frozenset(("username", "password", "messageid")),
}
_FOREIGN: Mapping[str, frozenset[str]] = {
    "send": frozenset(),
    "status": frozenset(("number", "message")),
}
# Shorter words occur in other words by chance ("to" in "texto").
_SHORTEST_INFIX = 4


@dataclass(frozen=True, slots=True)
class Argument:
    """The place of one of the guide's parameters in a request.

    Attributes:
        parameter: the guide's name of the parameter.
        position: the position of the operation's argument that is or contains the parameter.
        path: the names that lead to it inside that argument. Empty if it is the argument itself.
    """

    parameter: str
    position: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundOperation:
    """An operation of the WSDL that is bound to send or status."""

    kind: Operation
    operation: WsdlOperation
    arguments: tuple[Argument, ...]


_CREDENTIALS = ("username", "password")


def credentials(operation: WsdlOperation, profile: Profile) -> tuple[Argument, ...]:
    """Return where an operation takes user and password. Empty unless it takes both.

    If several parts could be one of them, the part whose name comes first in the profile's
    vocabulary is taken.
    """
    candidate = _candidate(operation, profile)
    vocabulary: dict[str, tuple[str, ...]] = msgspec.structs.asdict(profile.binding.synonyms)
    found = []
    for role in _CREDENTIALS:
        words = vocabulary[role]
        named = [
            (words.index(plain(names[-1])), position, path)
            for names, (position, path) in _leaves(operation)
            if plain(names[-1]) in words
        ]
        if named:
            _, position, path = min(named)
            found.append(Argument(role, position, path))
        elif role in candidate.found:
            found.append(candidate.found[role])
    return tuple(found) if len(found) == len(_CREDENTIALS) else ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    operation: WsdlOperation
    exact: Mapping[str, Argument]
    found: Mapping[str, Argument]
    unknown: tuple[str, ...]
    contested: Mapping[str, tuple[str, ...]]

    def described(self) -> str:
        """Return the operation and the roles of its parts, for an error message."""
        roles = [f"{self._place(argument)} = {role}" for role, argument in self.found.items()]
        shown = f"{self.operation.name}({', '.join([*roles, *(f'{u} = ?' for u in self.unknown)])})"
        return shown + "".join(
            f", in which each of {', '.join(names)} could be {role!r}"
            for role, names in self.contested.items()
        )

    def _place(self, argument: Argument) -> str:
        outer = self.operation.arguments[argument.position].name
        return ".".join((outer, *argument.path))


def bind(wsdl: Wsdl, profile: Profile) -> tuple[BoundOperation, BoundOperation]:
    """Return the operations that are send and status.

    Raises:
        ContractError: if the WSDL and the profile leave it open. The message shows the candidates.
    """
    candidates = [_candidate(operation, profile) for operation in wsdl.operations]
    return (
        _bound("send", candidates, profile.binding.send, profile),
        _bound("status", candidates, profile.binding.status, profile),
    )


def plain(name: str) -> str:
    """Return a name in the form of the profile's vocabulary: lower-case letters and digits."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return re.sub("[^a-z0-9]", "", decomposed)


def _bound(
    kind: Operation,
    candidates: Sequence[_Candidate],
    override: OperationOverride | None,
    profile: Profile,
) -> BoundOperation:
    if override is None:
        chosen = _choose(kind, candidates, profile)
        found = chosen.found
    else:
        chosen = (
            _named(kind, candidates, override, profile)
            if override.operation
            else _choose(kind, candidates, profile)
        )
        found = {**chosen.found, **_overruled(kind, chosen, override, profile)}
        missing = _REQUIRED[kind] - found.keys()
        if missing:
            raise ContractError(
                f"{profile.source}: binding.{kind}: no part of {chosen.operation.name} is known to "
                f"be {_listed(sorted(missing))}; name it under `parts`: {chosen.described()}"
            )
    wanted = _REQUIRED[kind] | ({"extra"} if kind == "send" else set())
    arguments = tuple(argument for role, argument in found.items() if role in wanted)
    return BoundOperation(kind, chosen.operation, arguments)


def _choose(kind: Operation, candidates: Sequence[_Candidate], profile: Profile) -> _Candidate:
    """Return the only operation that fits. Exact names have precedence over parts of names."""
    verbs = getattr(profile.binding.verbs, kind)
    fitting = [c for c in candidates if _fits(kind, c.exact)] or [
        c for c in candidates if _fits(kind, c.found)
    ]
    for narrower in (
        [c for c in fitting if any(verb in plain(c.operation.name) for verb in verbs)],
        [c for c in fitting if not c.unknown],
    ):
        if len(fitting) > 1 and narrower:
            fitting = [c for c in fitting if c in narrower]
    if len(fitting) == 1:
        return fitting[0]
    shown = "; ".join(c.described() for c in fitting or candidates)
    cure = f"[binding] {kind} = {{ operation = …, parts = {{ … }} }}"
    raise ContractError(
        f"{profile.wsdl}: several operations could be {kind!r}: {shown}. Say which in"
        f" {profile.source}: {cure}"
        if fitting
        else f"{profile.wsdl}: no operation is known to be {kind!r}: {shown}. Say which in"
        f" {profile.source}: {cure}"
    )


def _fits(kind: Operation, found: Mapping[str, Argument]) -> bool:
    return found.keys() >= _REQUIRED[kind] and not found.keys() & _FOREIGN[kind]


def _named(
    kind: Operation,
    candidates: Sequence[_Candidate],
    override: OperationOverride,
    profile: Profile,
) -> _Candidate:
    for candidate in candidates:
        if candidate.operation.name == override.operation:
            return candidate
    raise ContractError(
        f"{profile.source}: binding.{kind}: {profile.wsdl} has no operation "
        f"{override.operation!r}, but {_listed([c.operation.name for c in candidates])}"
    )


def _overruled(
    kind: Operation, chosen: _Candidate, override: OperationOverride, profile: Profile
) -> dict[str, Argument]:
    places = dict(_leaves(chosen.operation))
    named = {names[-1]: place for names, place in places.items()}
    named |= {".".join(names): place for names, place in places.items()}
    arguments = {}
    for parameter, part in override.parts.items():
        if part not in named:
            raise ContractError(
                f"{profile.source}: binding.{kind}.parts: {chosen.operation.name} has no part "
                f"{part!r}, but {_listed(['.'.join(names) for names in places])}"
            )
        position, path = named[part]
        arguments[parameter] = Argument(parameter, position, path)
    return arguments


def _leaves(
    operation: WsdlOperation,
) -> Iterable[tuple[tuple[str, ...], tuple[int, tuple[str, ...]]]]:
    """Yield every scalar of a request: the names that lead to it, and its position and path."""
    for position, shape in enumerate(operation.arguments):
        for path, _leaf in shape.leaves():
            yield (shape.name, *path), (position, path)


def _candidate(operation: WsdlOperation, profile: Profile) -> _Candidate:
    vocabulary: dict[str, tuple[str, ...]] = msgspec.structs.asdict(profile.binding.synonyms)
    exact: dict[str, Argument] = {}
    claims: dict[str, list[str]] = {}
    rest: list[tuple[str, int, tuple[str, ...]]] = []
    for names, (position, path) in _leaves(operation):
        name = plain(names[-1])
        role = next((role for role, words in vocabulary.items() if name in words), None)
        if role is None:
            rest.append((names[-1], position, path))
            continue
        claims.setdefault(role, []).append(names[-1])
        exact.setdefault(role, Argument(role, position, path))
    found = dict(exact)
    unknown = []
    for name, position, path in rest:
        role = _infix(plain(name), vocabulary, exact)
        if role is None:
            unknown.append(name)
            continue
        claims.setdefault(role, []).append(name)
        found.setdefault(role, Argument(role, position, path))
    contested = {role: tuple(names) for role, names in claims.items() if len(names) > 1}
    # A role that two parts could have is given to neither, until the profile decides.
    for role in contested:
        exact.pop(role, None)
        del found[role]
    return _Candidate(operation, exact, found, tuple(unknown), contested)


def _infix(name: str, vocabulary: Mapping[str, Sequence[str]], taken: Iterable[str]) -> str | None:
    """Return the role with the longest word that occurs in `name`. None if two are as long."""
    lengths: dict[str, int] = {}
    for role, words in vocabulary.items():
        if role not in taken:
            inside = [len(word) for word in words if len(word) >= _SHORTEST_INFIX and word in name]
            if inside:
                lengths[role] = max(inside)
    longest = [role for role, length in lengths.items() if length == max(lengths.values())]
    return longest[0] if len(longest) == 1 else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
