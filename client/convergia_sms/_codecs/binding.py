"""Which of a WSDL's operations sends and which asks, and which of its parts takes what.

Found by the parts: who takes a user, a password, a number and a text is "send"; who takes a user,
a password and a message id, and neither number nor text, is "status". The words for those are the
profile's. The profile overrules what is found; what cannot be decided is a `ContractError` that
shows the candidates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from convergia_wsdl import ContractError, OperationOverride

from convergia_sms._codecs.part_types import fits, wanted
from convergia_sms._codecs.vocabulary import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convergia_wsdl import Profile

    from convergia_sms._codecs.part_types import Kind
    from convergia_sms._codecs.wire import Operation

_NEEDED: dict[Operation, frozenset[str]] = {
    "send": frozenset({"username", "password", "number", "message"}),
    "status": frozenset({"username", "password", "messageid"}),
}
_OPTIONAL: dict[Operation, frozenset[str]] = {
    "send": frozenset({"extra"}),
    "status": frozenset({"extra"}),
}
_FOREIGN: dict[Operation, frozenset[str]] = {
    "send": frozenset(),
    "status": frozenset({"number", "message"}),
}
_ID = "id"
# As in strId, in_id, pId.
_LONGEST_PREFIX = 3
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of what an operation takes.

    Attributes:
        path: the names from the body's element down to it; the last is its own.
        kind: what its type takes.
        optional: whether it may be left out.
        allowed: the values of an enumeration; empty for any.
    """

    path: tuple[str, ...]
    kind: Kind = "text"
    optional: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def text(self) -> bool:
        """Return True if it takes any text, an empty one included."""
        return self.kind == "text" and not self.allowed

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Signature:
    """An operation: its name and what it takes."""

    name: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(part.name for part in self.parts)})"


@dataclass(frozen=True, slots=True)
class Binding:
    """An operation found.

    Attributes:
        operation: it.
        roles: from the guide's parameters to the parts that take them.
        values: what the profile puts into other parts, by their names.
    """

    operation: Signature
    roles: Mapping[str, Part]
    values: Mapping[str, str] = field(default_factory=dict)


def find_binding(
    operation: Operation, signatures: Sequence[Signature], profile: Profile
) -> Binding:
    """Return the binding of `operation` in a WSDL.

    Raises:
        ContractError: none fits, or several do; or the profile names what the WSDL lacks.
    """
    override = profile.binding.send if operation == "send" else profile.binding.status
    if override is None:
        return _found(operation, signatures, profile)
    if not override.operation:
        # Its values alone are given, or its parts: which operation it is can be found.
        named = _found(operation, signatures, profile).operation.name if not override.parts else ""
        override = OperationOverride(
            named or _holder(operation, override, signatures, profile),
            override.parts,
            override.values,
        )
    binding = _overruled(operation, override, signatures, profile)
    _check_values(operation, binding, profile)
    return binding


def _found(operation: Operation, signatures: Sequence[Signature], profile: Profile) -> Binding:
    found = [
        binding
        for signature in signatures
        if (binding := _fit(operation, signature, profile)) is not None
    ]
    if len(found) > 1:
        found = _fewest_strangers(found)
    if len(found) > 1:
        found = _by_verb(operation, found, profile)
    if len(found) == 1:
        return found[0]
    raise ContractError(_undecided(operation, found, signatures, profile))


def _fit(operation: Operation, signature: Signature, profile: Profile) -> Binding | None:
    claims = _claims(signature.parts, profile)
    wanted = _NEEDED[operation] | _OPTIONAL[operation]
    if not _NEEDED[operation] <= claims.keys() or claims.keys() & _FOREIGN[operation]:
        return None
    if any(len(parts) > 1 for role, parts in claims.items() if role in wanted):
        return None
    roles = {role: parts[0] for role, parts in claims.items() if role in wanted}
    return Binding(signature, roles)


def parts_for(roles: Sequence[str], signature: Signature, profile: Profile) -> dict[str, Part]:
    """Return the text part of an operation for each of the guide's parameters that has just one."""
    claims = _claims(signature.parts, profile)
    return {
        role: claims[role][0]
        for role in roles
        if len(claims.get(role, ())) == 1 and claims[role][0].text
    }


def _claims(parts: Sequence[Part], profile: Profile) -> dict[str, list[Part]]:
    """Return the parts that could be each of the guide's parameters, in their order.

    A name that says it goes before one with a word in it that says it: `mensaje` is the message,
    whatever `tipo_mensaje` may be.
    """
    by_name: dict[str, list[Part]] = {}
    by_word: dict[str, list[Part]] = {}
    meanings = _meanings(profile)
    for part in parts:
        whole = meanings.get(folded(part.name))
        if whole is not None:
            by_name.setdefault(whole, []).append(part)
        elif (word := _word_in(part, meanings)) is not None:
            by_word.setdefault(word, []).append(part)
    # In the order of the parts, as an envelope's values are.
    found = by_word | by_name
    places = {part: place for place, part in enumerate(parts)}
    return dict(sorted(found.items(), key=lambda claim: places[claim[1][0]]))


def _meanings(profile: Profile) -> dict[str, str]:
    return {
        word: role
        for role in ("username", "password", "number", "message", "extra", "messageid")
        for word in getattr(profile.binding.synonyms, role)
    }


def _word_in(part: Part, meanings: Mapping[str, str]) -> str | None:
    """Return the guide's parameter that the words in a part's name mean, by the longest run."""
    words = [folded(word) for word in _WORDS.findall(part.name)]
    # Whose id "idEmpresa" is, its other word tells: no message's, or that were known.
    known = dict(meanings)
    if any(len(word) > _LONGEST_PREFIX for word in words):
        known.pop(_ID, None)
    for size in range(len(words), 0, -1):
        roles = {
            known[joined]
            for start in range(len(words) - size + 1)
            if (joined := "".join(words[start : start + size])) in known
        }
        if roles:
            return roles.pop() if len(roles) == 1 else None
    return None


def _fewest_strangers(found: list[Binding]) -> list[Binding]:
    """Those with the fewest parts that the guide has no word for."""
    counts = [len(binding.operation.parts) - len(binding.roles) for binding in found]
    return [binding for binding, count in zip(found, counts, strict=True) if count == min(counts)]


def _by_verb(operation: Operation, found: list[Binding], profile: Profile) -> list[Binding]:
    """Those whose name says what they do, if any does."""
    verbs = profile.binding.verbs.send if operation == "send" else profile.binding.verbs.status
    said = [
        binding
        for binding in found
        if any(folded(word) in verbs for word in _WORDS.findall(binding.operation.name))
    ]
    return said or found


def _overruled(
    operation: Operation,
    override: OperationOverride,
    signatures: Sequence[Signature],
    profile: Profile,
) -> Binding:
    where = f"{profile.source}: binding.{operation}"
    signature = next((known for known in signatures if known.name == override.operation), None)
    if signature is None:
        raise ContractError(
            f"{where}: the WSDL has no operation {override.operation!r}; it has "
            f"{_listed(signatures)}"
        )
    roles: dict[str, Part] = {}
    for role, name in override.parts.items():
        if role not in _NEEDED[operation] | _OPTIONAL[operation]:
            raise ContractError(f"{where}: parts: the guide has no parameter {role!r}")
        part = next((part for part in signature.parts if part.name == name), None)
        if part is None:
            raise ContractError(f"{where}: parts: {signature} has no part {name!r}")
        roles[role] = part
    rest = [part for part in signature.parts if part not in roles.values()]
    for role, parts in _claims(rest, profile).items():
        if len(parts) == 1 and role in _NEEDED[operation] | _OPTIONAL[operation]:
            roles.setdefault(role, parts[0])
    missing = _NEEDED[operation] - roles.keys()
    if missing:
        raise ContractError(
            f"{where}: {signature}: say in `parts` which part takes {', '.join(sorted(missing))}"
        )
    return Binding(signature, roles, override.values)


def _holder(
    operation: Operation,
    override: OperationOverride,
    signatures: Sequence[Signature],
    profile: Profile,
) -> str:
    """Return the one operation that has every part which the profile names."""
    named = set(override.parts.values())
    holders = [
        signature.name
        for signature in signatures
        if named <= {part.name for part in signature.parts}
    ]
    if len(holders) != 1:
        raise ContractError(
            f"{profile.source}: binding.{operation}: {len(holders)} operations have the parts "
            f'{", ".join(sorted(named))}. Name one: operation = "…"'
        )
    return holders[0]


def _check_values(operation: Operation, binding: Binding, profile: Profile) -> None:
    """Require that each value goes into a part that is there, that is free, and that takes it."""
    where = f"{profile.source}: binding.{operation}.values"
    parts = {part.name: part for part in binding.operation.parts}
    taken = {part.name: role for role, part in binding.roles.items() if part.text}
    for name, value in binding.values.items():
        if name not in parts:
            raise ContractError(f"{where}: {binding.operation} has no part {name!r}")
        if name in taken:
            raise ContractError(f"{where}: {name} takes the guide's {taken[name]!r}")
        part = parts[name]
        if not fits(value, part.kind, part.allowed):
            takes = wanted(part.kind, part.allowed)
            raise ContractError(f"{where}: {name}: the WSDL wants {takes}, and not {value!r}")


def without_role(binding: Binding, role: str) -> Binding:
    """Return the binding of a call that has nothing for one of the guide's parameters."""
    roles = {name: part for name, part in binding.roles.items() if name != role}
    return replace(binding, roles=roles)


def _undecided(
    operation: Operation,
    found: Sequence[Binding],
    signatures: Sequence[Signature],
    profile: Profile,
) -> str:
    if found:
        why = f"{len(found)} operations could be {operation!r}: " + _listed(
            [binding.operation for binding in found]
        )
    else:
        wanted = ", ".join(sorted(_NEEDED[operation]))
        why = f"no operation takes {wanted} and so could be {operation!r}; there are " + (
            _listed(signatures) or "none"
        )
        why += "".join(
            f"; in {signature.name}, {' and '.join(part.name for part in parts)} could each be "
            f"{role!r}"
            for signature in signatures
            for role, parts in _claims(signature.parts, profile).items()
            if len(parts) > 1
        )
    return (
        f"{profile.wsdl}: {why}. Name it in the profile: "
        f'binding.{operation} = {{ operation = "…", parts = {{ … }} }}'
    )


def _listed(signatures: Sequence[Signature]) -> str:
    return "; ".join(str(signature) for signature in signatures)
