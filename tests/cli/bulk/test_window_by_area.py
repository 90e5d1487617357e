"""Tests of the bulk commands' output for a sending window in the zones of the numbers' areas."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from convergia_sms.cli.bulk._check import Findings
from convergia_sms.cli.bulk._plan import Plan
from convergia_sms.cli.bulk._repeats import RepeatReport
from convergia_sms.outbox import Outbox, SendingWindow, Waiting
from convergia_sms.outbox._lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.conftest import Convergia

TIJUANA = "America/Tijuana"
# Ten in the morning in Mexico City, eight in Tijuana.
NOW = datetime(2027, 1, 15, 16, tzinfo=UTC)


@pytest.fixture
def dry_run(convergia: Convergia, tmp_path: Path) -> Callable[..., Result]:
    file = tmp_path / "a.csv"
    file.write_text("celular,mensaje\n5512345678,hola\n6641234567,hola\n6641234568,hola\n")
    return lambda *more: convergia("bulk", "send", str(file), "--dry-run", *more)


def closed() -> tuple[str, str]:
    """A window that is closed everywhere for two days, and the day on which it opens."""
    later = datetime.now(ZoneInfo("America/Mexico_City")) + timedelta(days=3)
    return f"{later:%a} 9:00-10:00".lower(), f"{later:%F}"


def test_each_zone_of_a_file_is_listed_with_its_own_opening(dry_run: Callable[..., Result]) -> None:
    window, day = closed()
    done = dry_run("--window", window)
    assert done.exit_code == 0, done.stderr
    assert done.stderr.splitlines()[-2:] == [
        f"1 row waits for the sending window until {day} 09:00 in America/Mexico_City.",
        f"2 rows wait for the sending window until {day} 09:00 in America/Tijuana.",
    ]
    document = json.loads(dry_run("--window", window, "--json").stdout)
    assert document["window"] == [
        {"zone": "America/Mexico_City", "rows": 1, "opens": f"{day}T09:00-06:00"},
        {"zone": TIJUANA, "rows": 2, "opens": document["window"][1]["opens"]},
    ]
    assert document["window"][1]["opens"][:19] in {f"{day}T09:00-08", f"{day}T09:00-07"}


def test_an_explicit_zone_applies_to_the_whole_file(dry_run: Callable[..., Result]) -> None:
    window, day = closed()
    said = dry_run("--window", window, "--zone", TIJUANA).stderr
    assert f"3 rows wait for the sending window until {day} 09:00 in America/Tijuana." in said
    assert "Mexico_City" not in said
    assert "window" not in dry_run().stderr
    assert json.loads(dry_run("--json").stdout)["window"] is None


def test_only_rows_that_wait_are_reported_as_waiting(capsys: pytest.CaptureFixture[str]) -> None:
    findings = Findings(rows=6)
    findings.zones.update({None: 3, TIJUANA: 2, "America/Merida America/Cancun": 1})
    window = SendingWindow.parse("9:00-20:00")
    report = RepeatReport()
    plan = Plan(findings, report, 0, False, "http://x", "demo", window, NOW)
    plan.report()
    said = "2 rows wait for the sending window until 09:00 in America/Tijuana.\n"
    assert capsys.readouterr().err == said
    assert plan.document()["window"] == [
        {"zone": "America/Mexico_City", "rows": 3, "opens": None},
        {"zone": "America/Merida, America/Cancun", "rows": 1, "opens": None},
        {"zone": TIJUANA, "rows": 2, "opens": "2027-01-15T09:00-08:00"},
    ]


def test_the_opening_of_a_window_is_shown_in_its_own_timezone() -> None:
    waiting = Waiting("window", 7 * 86_400, 1204, zone=TIJUANA)
    opening = datetime.now(UTC) + timedelta(days=7)
    days = {
        f"{(opening + timedelta(hours=h)).astimezone(ZoneInfo(TIJUANA)):%F}" for h in (-1, 0, 1)
    }
    words = str(waiting)
    start = "the sending window is closed until "
    end = f" in {TIJUANA}; 1,204 messages wait"
    assert words.startswith(start)
    assert words.endswith(end)
    assert words[len(start) :][:10] in days
    assert str(Waiting("window", 60, zone=TIJUANA)).endswith(f" in {TIJUANA}")


def test_the_status_counts_messages_to_other_zones(convergia: Convergia, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/outbox.db"
    with Outbox(url, account="tienda") as outbox:
        for number in ("5512345678", "6641234567", "9971234567"):
            outbox.enqueue(number, "hola")
    arguments = ("bulk", "status", "--outbox", url, "--username", "tienda")
    said = convergia(*arguments).stderr.splitlines()
    assert said[0].startswith("1 of the queued messages goes to America/Merida, America/Cancun, wh")
    assert said[1].startswith("1 of the queued messages goes to America/Tijuana, where it is ")
    assert json.loads(convergia(*arguments, "--json").stdout)["due_by_zone"] == {
        TIJUANA: 1,
        "America/Merida America/Cancun": 1,
    }


@pytest.mark.parametrize("limit", [("--window", "9:00-20:00"), ("--rate", "5")])
def test_a_limit_that_only_a_worker_can_keep_is_refused(
    dry_run: Callable[..., Result], limit: tuple[str, str]
) -> None:
    done = dry_run("--enqueue-only", *limit)
    assert done.exit_code == 2
    assert f"{limit[0]} has no effect with --enqueue-only: workers send the messages" in done.stderr
    assert f"Hint: give {limit[0]} to `convergia worker`" in done.stderr


def test_a_worker_with_a_window_of_its_own_is_reported(
    dry_run: Callable[..., Result], tmp_path: Path
) -> None:
    url, (window, _) = f"sqlite:///{tmp_path}/outbox.db", closed()
    arguments = ("--outbox", url, "--window", window)
    with Outbox(url, account="tienda") as outbox:
        assert "Warning" not in dry_run(*arguments).stderr
        Lease(outbox.database, "other", 60).take()
        assert len(outbox.workers()) == 0
        Lease(outbox.database, "tienda", 60).take()
        assert len(outbox.workers()) == 1
        said = "Warning: other workers of the account (1) send these messages too"
        assert said in dry_run(*arguments).stderr
        assert said not in dry_run("--outbox", url).stderr
