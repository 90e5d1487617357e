"""Values for required parts of a WSDL that have no parameter in the guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError, OperationOverride

from convergia_sms._codecs.binding import find_binding
from convergia_sms._codecs.part_types import proposal
from convergia_sms._codecs.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Profile

    from convergia_sms._codecs.wire import Operation

__all__ = ["proposed_values", "with_values"]

_OPERATIONS: tuple[Operation, ...] = ("send", "status")


def proposed_values(profile: Profile, now: str) -> dict[Operation, dict[str, str]]:
    """Propose a value for each part without which no envelope can be built.

    Args:
        profile: the profile that names the WSDL.
        now: the current time, such as "2026-11-26T12:30:00".

    Raises:
        ContractError: the WSDL cannot be read, or an operation is not found in it.
    """
    signatures = Service(profile).signatures
    proposed: dict[Operation, dict[str, str]] = {}
    for operation in _OPERATIONS:
        binding = find_binding(operation, signatures, profile)
        taken = {part for role, part in binding.roles.items() if part.text or role != "extra"}
        values = {
            part.name: proposal(part.kind, part.allowed, now)
            for part in binding.operation.parts
            if part not in taken and not part.text and not part.optional
        }
        if values:
            proposed[operation] = values
    return proposed


def with_values(profile: Profile, values: Mapping[Operation, dict[str, str]]) -> Profile:
    """Return the profile with values for parts in its binding."""
    overrides = {}
    for operation, filled in values.items():
        known = profile.binding.send if operation == "send" else profile.binding.status
        known = known or OperationOverride()
        overrides[operation] = msgspec.structs.replace(known, values={**filled, **known.values})
    if not overrides:
        raise ContractError("no values are proposed")
    binding = msgspec.structs.replace(profile.binding, **overrides)
    return msgspec.structs.replace(profile, binding=binding)
