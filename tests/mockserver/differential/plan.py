"""The number of examples that a run compares."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# `make differential EXAMPLES=20000` sets it; the suite compares few, and the same each time. CI,
# where every part is required, compares more.
EXAMPLES = int(os.environ.get("CONVERGIA_DIFFERENTIAL_EXAMPLES", "0"))
QUICK = 400 if os.environ.get("CONVERGIA_REQUIRE_ALL") == "1" else 100

PLAN = settings(
    max_examples=EXAMPLES or QUICK,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
