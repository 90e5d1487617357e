"""The binding of the guide's two calls to operations of a WSDL and their parts.

The binding is found by the parts: an operation that takes a user, a password, a number and a text
is "send". One that takes a user, a password and a message id, and neither number nor text, is
"status". The profile lists the words for these. It may also override what is found. If the binding
is not clear, a `ContractError` shows the candidates.
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
# Prefixes such as in strId, in_id and pId.
_LONGEST_PREFIX = 3
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of an operation's input.

    Attributes:
        path: the names from the body's element down to the part. The last is its own.
        kind: the kind of its type.
        optional: True if it may be left out.
        allowed: the values of an enumeration. Empty for any value.
    """

    path: tuple[str, ...]
    kind: Kind = "text"
    optional: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def text(self) -> bool:
        """True if it accepts any text, also an empty one."""
        return self.kind == "text" and not self.allowed

    @property
    def name(self) -> str:
        """The part's own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Signature:
    """An operation's name and parts."""

    name: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return f"{self.name}({', '.join(part.name for part in self.parts)})"


@dataclass(frozen=True, slots=True)
class Binding:
    """An operation with the parts that take the guide's parameters.

    Attributes:
        operation: the operation.
        roles: the part for each of the guide's parameters.
        values: the profile's values for other parts, by name.
    """

    operation: Signature
    roles: Mapping[str, Part]
    values: Mapping[str, str] = field(default_factory=dict)


def find_binding(
    operation: Operation, signatures: Sequence[Signature], profile: Profile
) -> Binding:
    """Return the binding of `operation` in a WSDL.

    Raises:
        ContractError: no operation fits, or several do, or the profile names what the WSDL lacks.
    """
    override = profile.binding.send if operation == "send" else profile.binding.status
    if override is None:
        return _found(operation, signatures, profile)
    if not override.operation:
        # Only values or parts are given, so find the operation.
        named = _found(operation, signatures, profile).operation.name if not override.parts else ""
        override = OperationOverride(
            named or _operation_with(operation, override, signatures, profile),
            override.parts,
            override.values,
        )
    binding = _overridden(operation, override, signatures, profile)
    _check_values(operation, binding, profile)
    return binding


def _found(operation: Operation, signatures: Sequence[Signature], profile: Profile) -> Binding:
    found = [
        binding
        for signature in signatures
        if (binding := _fit(operation, signature, profile)) is not None
    ]
    if len(found) > 1:
        found = _fewest_unknown_parts(found)
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
    """Return the text part for each of these parameters that exactly one part fits."""
    claims = _claims(signature.parts, profile)
    return {
        role: claims[role][0]
        for role in roles
        if len(claims.get(role, ())) == 1 and claims[role][0].text
    }


def _claims(parts: Sequence[Part], profile: Profile) -> dict[str, list[Part]]:
    """Return the parts that could be each of the guide's parameters, in order.

    A whole name counts before a word in a name: `mensaje` is the message, even if there is
    `tipo_mensaje`.
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
    # Keep the order of the parts, which is that of the values in an envelope.
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
    """Return the guide's parameter that the longest run of words in a part's name means."""
    words = [folded(word) for word in _WORDS.findall(part.name)]
    # In "idEmpresa" the other word says whose id it is: not a message's, or it would be known.
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


def _fewest_unknown_parts(found: list[Binding]) -> list[Binding]:
    """Return the bindings with the fewest parts that the guide has no parameter for."""
    counts = [len(binding.operation.parts) - len(binding.roles) for binding in found]
    return [binding for binding, count in zip(found, counts, strict=True) if count == min(counts)]


def _by_verb(operation: Operation, found: list[Binding], profile: Profile) -> list[Binding]:
    """Return the bindings whose operation's name has a matching verb, or all if none has."""
    verbs = profile.binding.verbs.send if operation == "send" else profile.binding.verbs.status
    matching = [
        binding
        for binding in found
        if any(folded(word) in verbs for word in _WORDS.findall(binding.operation.name))
    ]
    return matching or found


def _overridden(
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


def _operation_with(
    operation: Operation,
    override: OperationOverride,
    signatures: Sequence[Signature],
    profile: Profile,
) -> str:
    """Return the only operation that has all parts that the profile names."""
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
    """Require that each value is for an existing free part, and fits its type."""
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
    """Return the binding without one of the guide's parameters."""
    roles = {name: part for name, part in binding.roles.items() if name != role}
    return replace(binding, roles=roles)


def _undecided(
    operation: Operation,
    found: Sequence[Binding],
    signatures: Sequence[Signature],
    profile: Profile,
) -> str:
    if found:
        listed = _listed([binding.operation for binding in found])
        why = f"{len(found)} operations could be {operation!r}: {listed}"
    else:
        wanted = ", ".join(sorted(_NEEDED[operation]))
        why = (
            f"no operation takes {wanted}, so none can be {operation!r}; the operations are"
            f" {_listed(signatures)}"
            if signatures
            else "the WSDL has no operations"
        )
        for signature in signatures:
            for role, parts in _claims(signature.parts, profile).items():
                if len(parts) > 1:
                    clash = ", ".join(part.name for part in parts)
                    why = f"{why}; in {signature.name}, each of {clash} could be {role!r}"
    return (
        f"{profile.wsdl}: {why}. Name it in the profile: "
        f'binding.{operation} = {{ operation = "…", parts = {{ … }} }}'
    )


def _listed(signatures: Sequence[Signature]) -> str:
    return "; ".join(str(signature) for signature in signatures)
