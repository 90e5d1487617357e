"""Selecting the tests that can run against the gateway. The others are deselected."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_wsdl import is_base_url, load_profile

from .target import Target, credentials, offers_reserved_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

SUITE = Path(__file__).with_name("suite")

NO_RESERVED_NUMBERS = (
    "this gateway does not list reserved numbers, so its codes cannot be triggered"
    " (--reserved-numbers yes, if it has them)"
)
WOULD_COST = "it would send a paid SMS (--billable, and --send-to NUMBER)"

NOT_CALLED = "the effect of the operation is unknown (--call OPERATION, if it may be repeated)"

_reason = pytest.StashKey[str]()
_deselected = pytest.StashKey["Counter[str]"]()
_reserved = pytest.StashKey[bool]()


def target_of(config: pytest.Config, stack: ExitStack) -> Target:
    """Return the target for the options. Resources to close are added to `stack`."""
    url = config.getoption("gateway_url")
    if url is not None and not is_base_url(url):
        raise pytest.UsageError(
            "--gateway-url: it must be 'http://host:port', with a path if needed"
        )
    profile = load_profile(config.getoption("gateway_profile"))
    username, password = credentials(
        config.getoption("gateway_username"), config.getoption("gateway_account")
    )
    if url is None:
        from convergia_mockserver import Account, MockServer

        account = Account(name=username, password=password)
        url = stack.enter_context(MockServer(profile=profile, accounts=[account])).base_url
    return Target(
        base_url=url.rstrip("/"),
        username=username,
        password=password,
        profile=profile,
        reserved_numbers=has_reserved_numbers(config),
        billable=config.getoption("billable"),
        send_to=config.getoption("send_to"),
    )


def has_reserved_numbers(config: pytest.Config) -> bool:
    """Return True if the gateway has reserved numbers, by the option or by its own answer."""
    if _reserved not in config.stash:
        url = config.getoption("gateway_url")
        said = config.getoption("reserved_numbers")
        config.stash[_reserved] = said == "yes" or (
            said == "auto" and (url is None or offers_reserved_numbers(url.rstrip("/")))
        )
    return config.stash[_reserved]


def deselect(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that cannot run against the gateway, and store the reasons."""
    if not any(SUITE in item.path.parents for item in items):
        return
    kept, left = [], []
    counted = config.stash.setdefault(_deselected, Counter())
    for item in items:
        if SUITE in item.path.parents and _is_of_no_operation(item):
            continue  # the WSDL has no operation besides send and status
        reason = _unaskable(config, item) if SUITE in item.path.parents else None
        if reason is None:
            kept.append(item)
        else:
            item.stash[_reason] = reason
            counted[reason] += 1
            left.append(item)
    if left:
        config.hook.pytest_deselected(items=left)
    items[:] = kept


def why_not_asked(item: pytest.Item) -> str:
    """Return the reason why `item` was deselected, which may also be pytest's `-k` or `-m`."""
    return item.stash.get(_reason, "left out by -k or -m")


def reasons(config: pytest.Config) -> Mapping[str, int]:
    """Return the number of deselected tests by reason."""
    return config.stash.get(_deselected, Counter())


def _parameters(item: pytest.Item) -> Mapping[str, object]:
    return (
        item.callspec.params
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else {}
    )


def _operation(item: pytest.Item) -> object:
    """Return the operation of a test. None without one, or not a str if the WSDL has none."""
    parameters = _parameters(item)
    return parameters.get("operation", parameters.get("guarded_operation"))


def _is_of_no_operation(item: pytest.Item) -> bool:
    return not isinstance(_operation(item), str | None)


def _unaskable(config: pytest.Config, item: pytest.Item) -> str | None:
    if has_reserved_numbers(config):
        return None
    callable_operations = config.getoption("callable_operations")
    if item.get_closest_marker("calls") and _operation(item) not in callable_operations:
        return NOT_CALLED
    if item.get_closest_marker("reserved_numbers"):
        return NO_RESERVED_NUMBERS
    if item.get_closest_marker("billable") and not config.getoption("billable"):
        return WOULD_COST
    return None
