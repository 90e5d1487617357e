"""The rules that give a call its code, as pure functions.

Each code that a call itself can cause has a check. The profile sets the order of the checks. The
first one that applies gives the code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from . import text
from .messages.delivery import NOT_FOUND, WRONG_CREDENTIALS
from .reserved import reserved_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convergia_wsdl import Guide, Profile

    from .accounts import AccountState
    from .calls import Call
    from .messages import StoredMessage
    from .reserved import ReservedNumber

ACCEPTED = 100


class SendCase(NamedTuple):
    """A send, with the account and the time at which it arrives."""

    arguments: Mapping[str, str]
    account: AccountState | None
    address: str
    now: float


class Rules:
    """Checks for the guide's codes, in the profile's order.

    Attributes:
        guide: the facts.
        profile: the assumptions.
        reserved: the reserved numbers, which may be replaced.
        wrong_credentials: the error text for wrong credentials in other operations.
    """

    def __init__(self, guide: Guide, profile: Profile) -> None:
        self.guide = guide
        self.profile = profile
        self.reserved: dict[str, ReservedNumber] = reserved_numbers(guide)
        self.wrong_credentials: str = guide.status.text(WRONG_CREDENTIALS) or "access denied"
        self._number = re.compile(profile.number.pattern)
        self._max_length = profile.text.max_length
        self._unit = profile.text.unit
        listed = [known.code for known in guide.send.codes if known.code != ACCEPTED]
        order = [code for code in profile.errors.precedence if code != ACCEPTED]
        order += [code for code in listed if code not in order]
        self._rank = {code: rank for rank, code in enumerate(order)}
        causes = self._causes(profile.errors.rate)
        self._checks = tuple((code, check) for code in order for check in causes.get(code, ()))
        self._status_order = (
            *profile.errors.status_precedence,
            *(code for code in (WRONG_CREDENTIALS, NOT_FOUND)
              if code not in profile.errors.status_precedence),
        )  # fmt: skip

    def _causes(self, rate_code: int) -> dict[int, list[Callable[[SendCase], bool]]]:
        causes: dict[int, list[Callable[[SendCase], bool]]] = {
            101: [lambda case: not case.arguments.get("username")],
            102: [lambda case: not case.arguments.get("password")],
            103: [lambda case: not case.arguments.get("message")],
            104: [lambda case: not case.arguments.get("number")],
            105: [self._is_too_long],
            201: [lambda case: not knows(case.account, case.arguments)],
            202: [_is_elsewhere],
            204: [lambda case: case.account is not None and not case.account.has_allowance()],
            205: [_is_barred],
            307: [self._is_invalid_number],
        }
        causes.setdefault(rate_code, []).append(_is_too_fast)
        return causes

    def send(
        self, call: Call, account: AccountState | None, reserved: ReservedNumber | None, now: float
    ) -> int:
        """Return the code for a send: 100, or the first error in the profile's order."""
        case = SendCase(call.arguments, account, call.address, now)
        asked = None if reserved is None or reserved.code == ACCEPTED else reserved.code
        for code, applies in self._checks:
            if applies(case):
                if asked is not None and self._rank[asked] < self._rank[code]:
                    return asked
                return code
        return ACCEPTED if asked is None else asked

    def status(
        self, call: Call, account: AccountState | None, message: StoredMessage | None, state: int
    ) -> int:
        """Return the code for a status query: the message's state, or 5 or 6 as in the guide."""
        for code in self._status_order:
            if code == WRONG_CREDENTIALS and not knows(account, call.arguments):
                return code
            if code == NOT_FOUND and (
                message is None or message.account != call.arguments.get("username")
            ):
                return code
        return state

    def _is_too_long(self, case: SendCase) -> bool:
        return text.length(case.arguments.get("message", ""), self._unit) > self._max_length

    def _is_invalid_number(self, case: SendCase) -> bool:
        number = case.arguments.get("number", "")
        return self._number.fullmatch(number) is None and number not in self.reserved


def knows(account: AccountState | None, arguments: Mapping[str, str]) -> bool:
    """Return True if the account exists and the arguments contain its password."""
    return account is not None and account.knows(arguments.get("password"))


def _is_elsewhere(case: SendCase) -> bool:
    return case.account is not None and not case.account.allows_address(case.address)


def _is_barred(case: SendCase) -> bool:
    return case.account is not None and not case.account.allows_traffic(
        case.arguments.get("number", ""), case.now
    )


def _is_too_fast(case: SendCase) -> bool:
    return case.account is not None and not case.account.has_rate(case.now)
