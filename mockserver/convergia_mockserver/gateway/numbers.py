"""Ranges of numbers that come from outside, which JSON's readers and SQLite can hold."""

from __future__ import annotations

from typing import Annotated

import msgspec

LARGEST = 2**53 - 1

Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Whole = Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
# A code of the gateway. Scripts may also answer with codes that the guide does not list.
Code = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
# About three hundred years, which is longer than any delivery.
LONGEST_SECONDS = 1e10
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_SECONDS)]
# 1970 to 9999, the range of an ISO timestamp.
LATEST_INSTANT = 253_402_214_400.0
Instant = Annotated[float, msgspec.Meta(ge=0, le=LATEST_INSTANT)]
