"""Reading the start file, which holds the initial state of a mock server as TOML.

The whole file is read and checked before anything takes effect.
"""

from __future__ import annotations

import threading
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from .accounts import DEMO, Account, AccountError, account_of
from .clock import Clock
from .messages import DeliveryPlan
from .operations import OperationAnswer, OperationBook, OperationError
from .patterns import full_number
from .reserved import ReservedNumber, ReservedOutcome, reserved_numbers
from .scripts import Script, ScriptBook, ScriptError
from .scripts.definition import typed
from .scripts.options import with_files
from .settings import ClockStart, SpaceSettings  # noqa: TC001 - msgspec reads them
from .valid_input import describe_at
from .world import DEFAULT_SPACE, MAX_SPACES, SpaceNameError, check_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from convergia_wsdl import Guide

T = TypeVar("T")


class StartFileError(ValueError):
    """The start file is invalid. The message names the file, and the field or the line."""


@dataclass(frozen=True, slots=True)
class Start:
    """The initial state of a mock server.

    Attributes:
        settings: the settings of each space without its own.
        spaces: the settings of the other spaces, by name.
        reserved: the reserved numbers.
    """

    settings: SpaceSettings
    spaces: Mapping[str, SpaceSettings]
    reserved: Mapping[str, ReservedNumber]


class _Plans(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    default: DeliveryPlan | None = None
    numbers: dict[str, Any] = {}
    accounts: dict[str, Any] = {}


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The section of a space. Named tables are converted one by one, so that errors name them."""

    accounts: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    plans: _Plans = _Plans()
    scripts: list[Any] = []
    clock: ClockStart | None = None


class _Reserved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    standard: bool = True
    numbers: dict[str, Any] = {}


class _StartTables(_Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file: the section for every space, and sections for single spaces."""

    spaces: dict[str, Any] = {}
    reserved: _Reserved = _Reserved()


def load_start(file: Path, base: SpaceSettings, guide: Guide) -> Start:
    """Read a start file.

    Args:
        file: the file.
        base: the settings from the server's options. If they have accounts, the file must not.
        guide: the guide, which lists the codes.

    Raises:
        StartFileError: if the file cannot be read, is not TOML, or holds an invalid value.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartFileError(
            f"{file}: the file cannot be read: {error.strerror or error}"
        ) from None
    except UnicodeDecodeError:
        raise StartFileError(f"{file}: the file is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise StartFileError(f"{file}: {error}") from None
    except RecursionError:
        raise StartFileError(f"{file}: the file is nested too deeply") from None
    try:
        return _StartReader(base, guide, file.parent).read(tables)
    except ValueError as error:
        raise StartFileError(f"{file}: {error}") from None


class _StartReader:
    """Converts the tables of a start file to settings. Every error begins with the field."""

    def __init__(self, base: SpaceSettings, guide: Guide, folder: Path) -> None:
        self._base = base
        self._guide = guide
        self._folder = folder

    def read(self, tables: dict[str, Any]) -> Start:
        file = _converted(tables, _StartTables, "")
        if file.accounts and self._base.accounts:
            raise StartFileError(
                "accounts: the accounts already come from another file. Give them in only one file."
            )
        common = self._settings("", file, self._base)
        spaces: dict[str, SpaceSettings] = {}
        for name, table in file.spaces.items():
            where = f"spaces.{name}"
            try:
                check_name(name)
            except SpaceNameError as error:
                raise StartFileError(f"{where}: {error}") from None
            section = _converted(table, _Section, where)
            spaces[name] = _or_demo(self._settings(f"{where}.", section, common))
        if len({DEFAULT_SPACE, *spaces}) > MAX_SPACES:
            raise StartFileError(
                f"spaces: {len(spaces)} are too many; a server has at most {MAX_SPACES}, with"
                " `default`"
            )
        return Start(_or_demo(common), spaces, self._reserved(file.reserved))

    def _settings(self, where: str, section: _Section, below: SpaceSettings) -> SpaceSettings:
        """Return the settings of a section, completed by `below`."""
        try:
            own = [account_of(*each) for each in section.accounts.items()]
        except AccountError as error:
            raise StartFileError(f"{where}{error}") from None
        accounts: dict[str, Account] = {each.name: each for each in (*below.accounts, *own)}
        plans = section.plans
        settings = msgspec.structs.replace(
            below,
            accounts=tuple(accounts.values()),
            answers=below.answers
            | _each(section.operations, OperationAnswer, f"{where}operations"),
            delivery=plans.default or below.delivery,
            number_plans=below.number_plans | _numbered(plans.numbers, f"{where}plans.numbers"),
            account_plans=below.account_plans
            | _each(plans.accounts, DeliveryPlan, f"{where}plans.accounts"),
            scripts=(*self._scripts(where, section, below), *below.scripts),
            clock=section.clock or below.clock,
        )  # fmt: skip
        self._check(where, settings)
        return settings

    def _scripts(self, where: str, section: _Section, below: SpaceSettings) -> tuple[Script, ...]:
        scripts = tuple(
            self._script(table, f"{where}scripts[{place}]")
            for place, table in enumerate(section.scripts)
        )
        self._check_scripts(where, scripts, below)
        return scripts

    def _script(self, table: Any, where: str) -> Script:  # noqa: ANN401 - as TOML has it
        try:
            return with_files(typed(_converted(table, Script, where)), self._folder)
        except ScriptError as error:
            raise StartFileError(f"{where}: {error}") from None

    def _check_scripts(
        self, where: str, scripts: tuple[Script, ...], settings: SpaceSettings
    ) -> None:
        operations = OperationBook(settings.operations, {}, settings.results)
        try:
            ScriptBook(self._guide, threading.RLock(), None, operations).following(scripts)
        except ScriptError as error:
            raise StartFileError(f"{where}{error}") from None

    def _check(self, where: str, settings: SpaceSettings) -> None:
        operations = OperationBook(settings.operations, {}, settings.results)
        for name, answer in settings.answers.items():
            try:
                operations.check_answers({name: answer})
            except OperationError as error:
                raise StartFileError(f"{where}operations.{name}: {error}") from None
        self._check_scripts(where, settings.scripts, settings)
        clock = Clock()
        try:
            clock.check(*settings.clock.state(clock.now()))
        except ValueError as error:
            raise StartFileError(f"{where}{error}") from None

    def _reserved(self, section: _Reserved) -> dict[str, ReservedNumber]:
        found = reserved_numbers(self._guide) if section.standard else {}
        for number, table in section.numbers.items():
            where = f"reserved.numbers.{number}"
            outcome = _converted(table, ReservedOutcome, where)
            try:
                reserved = outcome.of(number, self._guide)
            except ValueError as error:
                raise StartFileError(f"{where}: {error}") from None
            found[reserved.number] = reserved
        return found


def _or_demo(settings: SpaceSettings) -> SpaceSettings:
    """Return the settings, with the sandbox account if they have no account."""
    return settings if settings.accounts else msgspec.structs.replace(settings, accounts=(DEMO,))


def _numbered(tables: dict[str, Any], where: str) -> dict[str, DeliveryPlan]:
    plans: dict[str, DeliveryPlan] = {}
    for number, plan in _each(tables, DeliveryPlan, where).items():
        try:
            digits = full_number(number)
        except ValueError as error:
            raise StartFileError(f"{where}: {error}") from None
        if digits in plans:
            raise StartFileError(f"{where}: {digits} is given twice")
        plans[digits] = plan
    return plans


def _each(tables: dict[str, Any], kind: type[T], where: str) -> dict[str, T]:
    return {name: _converted(table, kind, f"{where}.{name}") for name, table in tables.items()}


def _converted(table: Any, kind: type[T], where: str) -> T:  # noqa: ANN401 - as TOML has it
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise StartFileError(describe_at(where, error, kind)) from None
