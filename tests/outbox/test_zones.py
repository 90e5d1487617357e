"""Tests of the time zone of a number, and of a window in that zone."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import SendingWindow
from convergia_sms.outbox._window import EVERYWHERE
from convergia_sms.outbox._zones import ELSEWHERE, areas, time_zone, zone_of
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

TIJUANA, CANCUN = "America/Tijuana", "America/Cancun"
BOTH = "America/Merida America/Cancun"
JANUARY, JULY = (datetime(2027, month, 15, 12, tzinfo=UTC) for month in (1, 7))
WINDOW = SendingWindow.parse("9:00-20:00")


@pytest.mark.parametrize(
    ("city", "area", "winter", "summer"),
    [
        ("Tijuana", "664", -8, -7),
        ("Tijuana's overlay", "663", -8, -7),
        ("Mexicali", "686", -8, -7),
        ("Ensenada", "646", -8, -7),
        ("San Luis Río Colorado", "653", -7, -7),
        ("Hermosillo", "662", -7, -7),
        ("Mazatlán", "669", -7, -7),
        ("Culiacán", "667", -7, -7),
        ("La Paz", "612", -7, -7),
        ("Tepic", "311", -7, -7),
        ("Ciudad Juárez", "656", -7, -6),
        ("Ojinaga", "626", -6, -5),
        ("Piedras Negras", "878", -6, -5),
        ("Ciudad Acuña", "877", -6, -5),
        ("Nuevo Laredo", "867", -6, -5),
        ("Reynosa", "899", -6, -5),
        ("Matamoros", "868", -6, -5),
        ("Cancún", "998", -5, -5),
        ("Chetumal", "983", -5, -5),
    ],
)
def test_a_citys_numbers_have_their_legal_time(
    city: str, area: str, winter: int, summer: int
) -> None:
    zone = zone_of(f"52{area}1234567")
    assert zone is not None, city
    for when, hours in ((JANUARY, winter), (JULY, summer)):
        assert when.astimezone(time_zone(zone)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("area", ["55", "33", "81", "614", "322", "329", "999", "871", "844"])
def test_other_areas_have_mexico_citys_time(area: str) -> None:
    assert zone_of(f"52{area}12345678"[:12]) is None


def test_an_area_has_one_entry_and_every_zone_of_it_exists() -> None:
    codes = [code for each in areas().values() for code in each]
    assert sorted(codes) == sorted(set(codes))
    assert areas().keys() == ELSEWHERE
    for zone in ELSEWHERE:
        assert [time_zone(name).key for name in zone.split()] == zone.split()
        assert len(zone) <= 100  # as the column is


@pytest.fixture
def old_system(tmp_path: Path) -> Iterator[None]:
    """A system with time zones from before Mexico's law of October 2022."""

    def write(name: str, rule: str) -> None:
        # RFC 8536: no transitions, one type of local time, and the rule that holds for all years.
        counts = b"".join(n.to_bytes(4, "big") for n in (0, 0, 0, 0, 1, 4))
        kind = (-21600).to_bytes(4, "big", signed=True) + b"\0\0" + b"LMT\0"
        block = b"TZif2" + bytes(15) + counts + kind
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(block + block + f"\n{rule}\n".encode())

    write("America/Ojinaga", "MST7MDT,M3.2.0,M11.1.0")
    write("America/Mexico_City", "CST6CDT,M4.1.0,M10.5.0")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("old_system")
def test_old_zones_of_the_system_give_way_to_the_packaged_ones() -> None:
    summer = JULY.astimezone(zoneinfo.ZoneInfo("America/Mexico_City")).utcoffset()
    assert summer == timedelta(hours=-5)
    assert JULY.astimezone(time_zone("America/Mexico_City")).utcoffset() == timedelta(hours=-6)
    assert SendingWindow.parse("9:00-20:00").opens_in(JULY.replace(hour=14)) == 3600
    with pytest.raises((zoneinfo.ZoneInfoNotFoundError, OSError)):
        time_zone("America/Atlantida")


@pytest.mark.parametrize(
    ("now", "zone", "hours"),
    [
        (JANUARY.replace(hour=14), None, 1),
        (JANUARY.replace(hour=14), TIJUANA, 3),
        (JANUARY.replace(hour=14), CANCUN, 0),
        (JULY.replace(hour=14), None, 1),
        (JULY.replace(hour=14), TIJUANA, 2),
        (JULY.replace(hour=14), "America/Matamoros", 0),
        (JANUARY.replace(hour=14), "America/Matamoros", 1),
        # Open in both: from nine in the later one to eight in the evening in the earlier one.
        (JANUARY.replace(hour=14), BOTH, 1),
        (JANUARY.replace(hour=15), BOTH, 0),
        (JANUARY.replace(day=16, hour=1), BOTH, 14),
        # The night on which the clocks of the border go back: an hour longer.
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), TIJUANA, 13),
        (datetime(2026, 10, 31, 4, 0, tzinfo=UTC), TIJUANA, 12),
    ],
)
def test_a_window_is_read_in_the_zone_of_the_numbers_area(
    now: datetime, zone: str | None, hours: float
) -> None:
    assert WINDOW.opens_in(now, zone) == hours * 3600
    # Whatever zone the moment is told in.
    assert WINDOW.opens_in(now.astimezone(time_zone(TIJUANA)), zone) == hours * 3600


def test_an_explicit_zone_applies_to_all_numbers() -> None:
    window = SendingWindow.parse("9:00-20:00", TIJUANA)
    early, late = JANUARY.replace(hour=16), JANUARY.replace(hour=17)
    for zone in (None, CANCUN, BOTH):
        assert (window.opens_in(early, zone), window.opens_in(late, zone)) == (3600, 0)
    assert window.open_zones(early).nowhere
    assert window.open_zones(late) == EVERYWHERE
    assert window.zone_name(CANCUN) == TIJUANA


def test_a_window_too_short_for_two_zones_is_that_of_the_first() -> None:
    window = SendingWindow.parse("9:00-9:30")
    assert window.opens_in(JANUARY.replace(hour=14), BOTH) == 3600
    assert window.opens_in(JANUARY.replace(hour=15), BOTH) == 0


@given(st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001
def test_a_number_is_texted_only_inside_the_hours_of_all_zones_of_its_area(now: datetime) -> None:
    moment = now.replace(tzinfo=UTC)
    opened = WINDOW.open_zones(moment)
    for zone in ELSEWHERE:
        hours = {moment.astimezone(time_zone(name)).hour for name in zone.split()}
        assert (zone in opened.elsewhere) == (hours <= set(range(9, 20)))
    assert WINDOW.first_opens_in(moment) == min(
        WINDOW.opens_in(moment, zone) for zone in (None, *ELSEWHERE)
    )


def test_an_opening_is_shown_in_the_time_of_its_zone() -> None:
    now = JANUARY.replace(hour=14)
    assert WINDOW.opening(now, TIJUANA) == "09:00"
    assert WINDOW.opens_at(now, TIJUANA).isoformat() == "2027-01-15T09:00:00-08:00"
    assert SendingWindow.parse("sun 9:00-20:00").opening(now, TIJUANA) == "2027-01-17 09:00"
    assert WINDOW.zone_name(BOTH) == "America/Merida, America/Cancun"
    assert WINDOW.zone_name(None) == "America/Mexico_City"


def test_the_documentation_lists_every_area() -> None:
    page = (Path(__file__).parents[2] / "docs" / "outbox.md").read_text("utf-8")
    table = page.partition("| zone | area codes |\n| --- | --- |\n")[2].partition("\n\n")[0]
    listed = [line.strip("| ").split(" | ") for line in table.splitlines()]
    expected = [[", ".join(zone.split()), " ".join(codes)] for zone, codes in areas().items()]
    assert listed == expected
