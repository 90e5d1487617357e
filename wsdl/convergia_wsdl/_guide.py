"""The facts of the guide, as typed values."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from ._errors import ContractError
from ._toml import convert, read_table


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code of one of the guide's two tables, with its Spanish text, verbatim."""

    code: int
    text: str


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A URL parameter: its name, the guide's placeholder and text, and whether it is optional."""

    name: str
    placeholder: str
    text: str
    optional: bool = False


class Endpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An HTTP API, for sends or for status queries: its path, parameters and codes."""

    path: str
    method: str
    parameters: tuple[Parameter, ...]
    codes: tuple[Code, ...]
    number_digits: int | None = None
    number_example: str | None = None

    def text(self, code: int) -> str | None:
        """Return the guide's text for `code`, or None if the guide does not list it."""
        for known in self.codes:
            if known.code == code:
                return known.text
        return None


class WebService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SOAP service. Its path also serves the page of its functions."""

    path: str


class Guide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the guide states."""

    base_url: str
    portal_url: str
    send: Endpoint
    status: Endpoint
    webservice: WebService


def load_guide(source: Path | None = None) -> Guide:
    """Return the guide's facts.

    Args:
        source: another `guide.toml`. The packaged one if None, which is read once for each process.

    Raises:
        ContractError: the file cannot be read, or a code or a parameter is listed twice.
    """
    return _packaged() if source is None else _load(source)


@cache
def _packaged() -> Guide:
    return _load(Path(str(files(__package__))) / "guide.toml")


def _load(source: Path) -> Guide:
    guide = convert(read_table(source), Guide, source)
    for where, endpoint in (("send", guide.send), ("status", guide.status)):
        _refuse_twins(source, f"{where}.codes", [code.code for code in endpoint.codes])
        _refuse_twins(source, f"{where}.parameters", [part.name for part in endpoint.parameters])
    return guide


def _refuse_twins(source: object, where: str, names: list[int] | list[str]) -> None:
    for name in names:
        if names.count(name) > 1:  # type: ignore[arg-type]
            raise ContractError(f"{source}: {where}: {name} is listed twice")
