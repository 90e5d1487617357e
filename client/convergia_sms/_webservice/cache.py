"""The cached WSDL: its binding, and its replacement by another."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convergia_wsdl import Profile

    from convergia_sms._codecs.binding import Binding
    from convergia_sms._codecs.wire import Operation


def bindings(profile: Profile) -> Mapping[Operation, Binding]:
    """Return the client's bindings in the profile's WSDL.

    Raises:
        ContractError: there is no operation to send or to query with, or the WSDL refers to another
            host.
    """
    from convergia_sms._codecs.binding import find_binding
    from convergia_sms._codecs.service import Service

    service = Service(profile)
    found: dict[Operation, Binding] = {
        "send": find_binding("send", service.signatures, profile),
        "status": find_binding("status", service.signatures, profile),
    }
    for binding in found.values():
        service.template(binding)
    return found


def with_wsdl(profile: Profile, wsdl: Path) -> Profile:
    """Return the profile with another WSDL."""
    return msgspec.structs.replace(profile, wsdl=str(wsdl))


def bindings_of(wsdl: bytes, source: str, profile: Profile) -> Mapping[Operation, Binding]:
    """Return the bindings that the client would find in `wsdl`.

    Args:
        wsdl: the document.
        source: the document's name in errors.
        profile: the profile to use it with.

    Raises:
        ContractError: see `bindings`.
    """
    with tempfile.TemporaryDirectory(prefix="convergia-wsdl-") as folder:
        candidate = Path(folder) / "webservice.wsdl"
        candidate.write_bytes(wsdl)
        try:
            return bindings(with_wsdl(profile, candidate))
        except ContractError as error:
            raise ContractError(str(error).replace(str(candidate), source)) from error


def replace_wsdl(target: Path, wsdl: bytes) -> Path | None:
    """Replace `target` atomically by `wsdl`. The old file is kept beside it.

    Returns:
        The path of the old file. None if there was none.
    """
    kept = None
    if target.exists():
        kept = _free_name(target)
        kept.write_bytes(target.read_bytes())
    descriptor, written = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    with os.fdopen(descriptor, "wb") as file:
        file.write(wsdl)
    Path(written).chmod(0o644)
    Path(written).replace(target)
    return kept


def _free_name(target: Path) -> Path:
    number = 1
    while (candidate := target.with_name(f"{target.name}.{number}.old")).exists():
        number += 1
    return candidate
