"""Tests of the start file: read, checked as a whole, and read again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from convergia_mockserver import (
    Account,
    DeliveryPlan,
    MockServer,
    SpaceSettings,
    StartFileError,
    StorageError,
    World,
)
from convergia_mockserver.gateway.start_file import Start, load_start
from convergia_mockserver.gateway.storage import Storage
from convergia_wsdl import load_guide

from tests.mockserver.gateway.calls import send

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_mockserver import Space

BEGINS = """
[accounts.shop]
password = "s3cr3t-word"

[plans]
default = { polls = 2 }
numbers."55 1111 1111" = { outcome = 2 }
accounts.shop = { outcome = 0 }

[clock]
at = 2026-12-24T12:00:00-06:00
frozen = true

[[scripts]]
answers = [{ code = 109 }, { code = 110 }]
match = { number = "55 2222 2222" }

[reserved.numbers]
"55 3333 3333" = { code = 204 }
"55 4444 4444" = { state = 2 }

[spaces.team]
accounts.other = { password = "another-word" }
clock = { ahead = 86400 }
"""
CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=UTC)


def read(folder: Path, text: str, accounts: tuple[Account, ...] = ()) -> Start:
    file = folder / "start.toml"
    file.write_text(text, encoding="utf-8")
    return load_start(file, SpaceSettings(accounts=accounts), load_guide())


def world_of(start: Start, storage: Storage | None = None) -> World:
    return World(
        settings=start.settings, by_space=start.spaces, reserved=start.reserved, storage=storage
    )


def follow(world: World, start: Start) -> None:
    world.follow(start.settings, start.spaces, start.reserved)


def codes(
    space: Space, *numbers: str, name: str = "shop", password: str = "s3cr3t-word"
) -> list[int | None]:
    return [send(space, number=number, username=name, password=password).code for number in numbers]


def test_each_space_begins_as_the_file_says_and_a_named_one_with_its_own_besides(
    tmp_path: Path,
) -> None:
    world = world_of(read(tmp_path, BEGINS))
    space, team = world.space(), world.space("team")
    assert world.names == ["default", "team"]
    assert codes(space, *["525522222222"] * 3, "525533333333") == [109, 110, 100, 204]
    assert codes(team, "525522222222", name="other", password="another-word") == [109]
    assert codes(space, "525599999999", name="other", password="another-word") == [201]
    assert (space.clock.frozen, space.clock.utc()) == (True, CHRISTMAS)
    assert team.clock.offset == pytest.approx(86400)
    plans = world.space("any").plans.all()
    assert plans.default == DeliveryPlan(polls=2)
    assert plans.numbers == {"525511111111": DeliveryPlan(outcome=2)}
    assert plans.accounts == {"shop": DeliveryPlan(outcome=0)}
    assert world.reserved["525544444444"].state == 2
    assert world.reserved["520000000110"].code == 110


def test_a_reset_restores_the_state_of_the_file(tmp_path: Path) -> None:
    space = world_of(read(tmp_path, BEGINS)).space()
    codes(space, "525522222222")
    space.scripts.clear()
    space.clock.reset()
    space.plans.remove(number="5511111111")
    space.accounts.delete("shop")
    space.reset()
    assert codes(space, "525522222222", "525522222222") == [109, 110]
    assert (space.clock.frozen, space.clock.utc()) == (True, CHRISTMAS)
    assert "525511111111" in space.plans.all().numbers


def test_without_accounts_in_it_the_sandbox_account_may_send(tmp_path: Path) -> None:
    start = read(tmp_path, "[spaces.team.accounts.ana]\npassword = 'x'\n")
    world = world_of(start)
    assert [each.name for each in world.space().accounts.all()] == ["demo"]
    assert [each.name for each in world.space("team").accounts.all()] == ["ana"]


def test_the_standard_reserved_numbers_can_be_switched_off(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, "[reserved]\nstandard = false\n"))
    assert world.reserved == {}
    assert codes(world.space(), "520000000110", name="demo", password="demo") == [100]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[accounts.a]\npassword =\n", "at line 2"),
        ("[account.a]\npassword = 's3cr3t-word'\n", "Valid fields: accounts, operations, plans,"),
        ("[accounts.a]\npasword = 's3cr3t-word'\n", "accounts.a: Object contains unknown field"),
        ("[accounts.a]\npassword = 's3cr3t-word'\nname = 'b'\n", "accounts.a: name"),
        ("accounts.a = 3\n", "accounts.a: an account must be a table"),
        ("[operations.Nosuch]\nreturns = 1\n", "operations.Nosuch: the WSDL has no operation"),
        ("[[scripts]]\nanswers = []\n", "scripts[0]: answers: a script must have at least one"),
        (
            "scripts = [{ answers = [{ code = 109 }] }, { answers = [{ fault = 'melt' }] }]",
            "scripts[1].answers[0].fault: Invalid enum value 'melt'. Valid values: reset-before-",
        ),
        ("[[spaces.x.scripts]]\nanswers = [{ code = 7 }]\n", "spaces.x.scripts[0]: code:"),
        ("[spaces.'.x']\n", "is not a valid name of a space"),
        ("spaces = 3\n", "spaces: Expected `object`"),
        ("[plans.numbers]\n55 = { outcome = 3 }\n", "plans.numbers: '55' is not a number"),
        ("[plans.numbers]\n5511111111 = {}\n525511111111 = {}\n", "525511111111 is given twice"),
        ("[plans]\ndefault = { outcome = 9 }\n", "plans.default: outcome: 9 is not a state"),
        ("[clock]\nat = 2026-01-01T00:00:00\n", "clock: at: a time must have a timezone"),
        ("[clock]\nat = 1960-01-01T00:00:00Z\n", "clock: at: 1960-01-01"),
        ("[clock]\nat = 2026-01-01T00:00:00Z\nahead = 1\n", "clock: ahead: give `at` or `ahead`"),
        ("[reserved.numbers]\n5511111111 = { code = 7 }\n", "Valid values: 100, 101,"),
        ("[reserved.numbers]\n5511111111 = {}\n", "exactly one of: code, state, fault"),
        ("[reserved.numbers]\n5511111111 = { fault = 'melt' }\n", "Valid values: reset-before-"),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)  # fmt: skip
def test_an_invalid_value_is_refused_with_its_place_and_the_valid_values(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(StartFileError) as refused:
        read(tmp_path, text)
    assert says in str(refused.value)
    assert str(tmp_path / "start.toml") in str(refused.value)
    assert "s3cr3t-word" not in str(refused.value)


def test_accounts_come_from_one_file(tmp_path: Path) -> None:
    with pytest.raises(StartFileError, match="accounts already come from another file"):
        read(tmp_path, BEGINS, (Account(name="x", password="y"),))


def test_a_reload_replaces_the_files_values_and_keeps_other_changes(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, BEGINS))
    space = world.space()
    codes(space, "525522222222", "525599999999")
    space.script(code=305, number="5566666666")
    space.accounts.put(Account(name="nueva", password="x"))
    space.plans.put(DeliveryPlan.stuck(), number="5577777777")
    follow(
        world,
        read(
            tmp_path,
            """
            [accounts.shop]
            password = "s3cr3t-word"
            allowance = 1
            [plans.numbers]
            5588888888 = { outcome = 2 }
            [[scripts]]
            answers = [{ code = 254 }]
            match = { number = "5522222222" }
            """,
        ),
    )
    assert len(space.messages) == 1
    assert codes(space, "525522222222", "525566666666", "525599999999") == [254, 305, 204]
    assert [(each.name, each.used) for each in space.accounts.all()] == [("nueva", 0), ("shop", 1)]
    plans = space.plans.all()
    assert sorted(plans.numbers) == ["525577777777", "525588888888"]
    assert (plans.default, plans.accounts) == (DeliveryPlan(after=1.0), {})
    assert not space.clock.frozen
    assert "525533333333" not in world.reserved


def test_a_reload_does_not_undo_changes_made_since_the_start(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, BEGINS + "[accounts.gone]\npassword = 'x'\n"))
    space = world.space()
    space.accounts.change("shop", allowance=7)
    space.accounts.delete("gone")
    space.plans.remove(number="5511111111")
    space.clock.advance(60)
    later = BEGINS.replace("2026", "2027") + "[accounts.gone]\npassword = 'y'\n"
    follow(world, read(tmp_path, later))
    (shop,) = space.accounts.all()
    assert shop.allowance == 7
    assert space.plans.all().numbers == {}
    assert space.clock.now() == CHRISTMAS.timestamp() + 60


def test_scripts_that_are_the_same_go_on_as_they_stand(tmp_path: Path) -> None:
    world = world_of(read(tmp_path, BEGINS))
    codes(world.space(), "525522222222")
    follow(world, read(tmp_path, BEGINS + "[accounts.more]\npassword = 'x'\n"))
    assert codes(world.space(), "525522222222") == [110]


def test_no_space_changes_if_one_cannot_follow_new_settings(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "sandbox.db")
    world = world_of(read(tmp_path, BEGINS), storage)
    other = read(tmp_path, BEGINS.replace("109", "254").replace("at = 2026", "at = 2027"))
    before = {name: world.space(name).snapshot() for name in world.names}
    storage.close()  # nothing can be written any more
    with pytest.raises(StorageError):
        follow(world, other)
    assert {name: world.space(name).snapshot().scripts for name in world.names} == {
        name: snapshot.scripts for name, snapshot in before.items()
    }
    assert world.space().clock.utc() == CHRISTMAS
    assert world.settings.scripts == read(tmp_path, BEGINS).settings.scripts
    world.close()


def test_a_database_keeps_its_state_and_follows_a_changed_file(
    tmp_path: Path,
) -> None:
    db, file = tmp_path / "sandbox.db", tmp_path / "start.toml"
    file.write_text(BEGINS)
    with MockServer(db=db, start=file) as server:
        space = server.space()
        codes(space, "525522222222", "525599999999")
        space.accounts.put(Account(name="nueva", password="x"))
        space.plans.remove(account="shop")
    with MockServer(db=db, start=file) as server:
        space = server.space()
        assert codes(space, "525522222222", "525522222222") == [110, 100]
        assert space.plans.all().accounts == {}
        assert space.clock.utc() == CHRISTMAS
    file.write_text(BEGINS.replace("109", "254").replace("2026", "2027"))
    with MockServer(db=db, start=file) as server:
        space = server.space()
        assert codes(space, "525522222222") == [254]
        assert space.clock.utc().year == 2027
        assert [each.name for each in space.accounts.all()] == ["nueva", "shop"]
        assert len(space.messages) == 2


def test_a_snapshot_file_keeps_changes_over_a_restart(tmp_path: Path) -> None:
    snapshot, file = tmp_path / "snapshot.json", tmp_path / "start.toml"
    file.write_text(BEGINS)
    with MockServer(snapshot=snapshot, start=file) as server:
        space = server.space()
        codes(space, "525522222222", "525599999999")
        space.accounts.put(Account(name="nueva", password="an0ther-s3cret"))
        space.script(code=305, number="5566666666")
        codes(server.space("ci"), "525599999999", "525599999998")
        assert not snapshot.exists()
    assert (snapshot.stat().st_mode & 0o777, "s3cret" in snapshot.read_text()) == (0o600, False)
    file.write_text(BEGINS + "[accounts.more]\npassword = 'x'\n")
    with MockServer(snapshot=snapshot, start=file) as server:
        space = server.space()
        assert codes(space, "525522222222", "525566666666") == [110, 305]
        assert [each.name for each in space.accounts.all()] == ["more", "nueva", "shop"]
        assert space.accounts.authenticate("nueva", "an0ther-s3cret")
        assert [len(server.space(name).messages) for name in ("default", "ci")] == [1, 2]
        assert server.space("ci").accounts.all()[-1].used == 2
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "the file was not written by --snapshot"),
        ('{"version": 9, "spaces": {}}', "the file has version 9; this program reads 1"),
        ('{"version": 1, "spaces": {"default": {}}}', "missing required field"),
    ],
)
def test_an_invalid_snapshot_file_is_refused_and_not_changed(
    tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "snapshot.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=says):
        MockServer(snapshot=file)
    assert file.read_text() == content


def test_a_snapshot_of_one_space_is_not_a_snapshot_file(tmp_path: Path) -> None:
    from convergia_mockserver.gateway.storage.snapshots import encode

    file = tmp_path / "snapshot.json"
    file.write_bytes(encode(World().space().snapshot()))
    with pytest.raises(ValueError, match="the file is a snapshot of one space"):
        MockServer(snapshot=file)


def test_messages_accepted_during_a_reload_are_not_lost(tmp_path: Path) -> None:
    one, other = read(tmp_path, BEGINS), read(tmp_path, BEGINS.replace("109", "254"))
    world = world_of(one)
    spaces = [world.space(), world.space("ci")]
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(codes, space, *["525599999999"] * 300) for space in spaces]
        for start in (other, one) * 20:
            follow(world, start)
        answers = [each.result() for each in sent]
    assert answers == [[100] * 300] * 2
    assert [len(space.messages) for space in spaces] == [300, 300]
    assert [space.accounts.all()[0].used for space in spaces] == [300, 300]
