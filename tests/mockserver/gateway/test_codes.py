"""Tests of each code with its natural cause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from convergia_mockserver.gateway import Account, DeliveryPlan, SpaceSettings, World
from convergia_wsdl import load_guide

from tests.mockserver.gateway.calls import send_call, status


def code_of(world: World, address: str = "127.0.0.1", /, **changes: str | None) -> int | None:
    return world.space().answer(send_call(address, "http", **changes)).code


def world_of(account: Account) -> World:
    return World(settings=SpaceSettings(accounts=(account,)))


@pytest.mark.parametrize("missing", [None, ""])
@pytest.mark.parametrize(
    ("parameter", "code"), [("username", 101), ("password", 102), ("message", 103), ("number", 104)]
)
def test_a_parameter_absent_or_empty_has_its_code(
    parameter: str, code: int, missing: str | None
) -> None:
    changes = {parameter: missing}
    assert code_of(World(), **changes) == code


def test_missing_parameters_are_listed_in_the_guides_order() -> None:
    assert code_of(World(), username=None, password=None, message=None, number=None) == 101
    assert code_of(World(), password=None, message=None, number=None) == 102
    assert code_of(World(), message=None, number=None) == 103


def test_extra_may_be_left_out() -> None:
    assert code_of(World()) == 100


@pytest.mark.parametrize(("length", "code"), [(160, 100), (161, 105)])
def test_a_text_longer_than_the_profile_allows_is_105(length: int, code: int) -> None:
    assert code_of(World(), message="ñ" * length) == code


@pytest.mark.parametrize(
    "changes", [{"username": "nobody"}, {"password": "wrong"}, {"password": "DEMO"}]
)
def test_wrong_credentials_are_201(changes: dict[str, str]) -> None:
    assert code_of(World(), **changes) == 201


@pytest.mark.parametrize(
    ("address", "code"),
    [("10.1.2.3", 100), ("::ffff:10.1.2.3", 100), ("192.168.0.1", 202), ("?", 202)],
)
def test_an_address_off_the_accounts_list_is_202(address: str, code: int) -> None:
    world = world_of(Account(name="demo", password="demo", addresses=("10.0.0.0/8",)))
    assert code_of(world, address) == code


def test_an_allowance_used_up_is_204() -> None:
    world = world_of(Account(name="demo", password="demo", allowance=2))
    assert [code_of(world) for _ in range(3)] == [100, 100, 204]


def test_a_rejected_send_uses_no_allowance() -> None:
    world = world_of(Account(name="demo", password="demo", allowance=1))
    assert [code_of(world, number="5"), code_of(world), code_of(world)] == [307, 100, 204]


@pytest.mark.parametrize(("number", "code"), [("525512345678", 100), ("528112345678", 205)])
def test_a_destination_outside_the_accounts_prefixes_is_205(number: str, code: int) -> None:
    world = world_of(Account(name="demo", password="demo", prefixes=("5255",)))
    assert code_of(world, number=number) == code


@pytest.mark.parametrize(
    ("hours", "utc_hour", "code"),
    [
        # Mexico City is six hours behind UTC.
        ("08:00-20:00", 14, 100),
        ("08:00-20:00", 13, 205),
        ("08:00-20:00", 1, 100),
        ("08:00-20:00", 2, 205),
        ("20:00-06:00", 4, 100),
        ("20:00-06:00", 18, 205),
    ],
)
def test_traffic_outside_the_accounts_hours_is_205(hours: str, utc_hour: int, code: int) -> None:
    world = world_of(Account(name="demo", password="demo", hours=hours))
    world.space().clock.freeze(datetime(2026, 11, 24, utc_hour, tzinfo=UTC))
    assert code_of(world) == code


def test_more_messages_a_second_than_the_rate_get_the_profiles_code() -> None:
    world = world_of(Account(name="demo", password="demo", rate=2))
    clock = world.space().clock
    clock.freeze()
    assert [code_of(world) for _ in range(3)] == [100, 100, world.profile.errors.rate]
    clock.advance(1)
    assert code_of(world) == 100


@pytest.mark.parametrize(
    "number", ["5512345678", "5255123456789", "52551234567x", "535512345678", "٥٢٥٥١٢٣٤٥٦٧٨"]
)
def test_anything_but_52_and_ten_digits_is_307(number: str) -> None:
    assert code_of(World(), number=number) == 307


@pytest.mark.parametrize("code", [known.code for known in load_guide().send.codes])
def test_a_reserved_number_is_answered_with_its_code(code: int) -> None:
    assert code_of(World(), number=f"520000000{code}") == code


@pytest.mark.parametrize("state", [known.code for known in load_guide().status.codes])
def test_a_reserved_number_is_accepted_and_ends_in_its_state(state: int) -> None:
    world = World()
    answer = world.space().answer(send_call(number=f"52000000100{state}"))
    assert answer.code == 100
    assert answer.message_id is not None
    assert status(world.space(), answer.message_id) == state


def test_an_error_with_precedence_in_the_profile_overrides_a_reserved_code() -> None:
    assert code_of(World(), number="520000000110", password="wrong") == 201
    assert code_of(World(), number="520000000110", message="x" * 161) == 105


def test_status_is_pending_until_the_delivery_time_has_passed() -> None:
    world = World(settings=SpaceSettings(delivery=DeliveryPlan.delivered(after=5)))
    clock = world.space().clock
    clock.freeze()
    message_id = world.space().answer(send_call()).message_id or ""
    clock.advance(4.5)
    assert status(world.space(), message_id) == 0
    clock.advance(0.5)
    assert status(world.space(), message_id) == 3


def test_status_with_wrong_credentials_is_5_even_for_a_message_that_is_there() -> None:
    world = World()
    message_id = world.space().answer(send_call()).message_id or ""
    assert status(world.space(), message_id, password="wrong") == 5
    assert status(world.space(), "123", username="nobody") == 5


@pytest.mark.parametrize("message_id", ["", "1", "100000001", "x", "-1", "9" * 5000, "٣"])
def test_the_status_of_an_unknown_message_is_6(message_id: str) -> None:
    assert status(World().space(), message_id) == 6


def test_status_of_another_accounts_message_is_6() -> None:
    world = World(
        settings=SpaceSettings(
            accounts=(
                Account(name="demo", password="demo"),
                Account(name="other", password="secret"),
            )
        )
    )
    message_id = world.space().answer(send_call()).message_id or ""
    assert status(world.space(), message_id, "other", "secret") == 6
    assert status(world.space(), message_id) == 0


def test_message_ids_count_up_from_the_profiles_first() -> None:
    world = World()
    ids = [world.space().answer(send_call()).message_id for _ in range(2)]
    first = world.profile.message_id.first
    assert ids == [str(first), str(first + 1)]
