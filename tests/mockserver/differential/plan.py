"""How many examples a run compares."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# `make differential EXAMPLES=20000` sets it; the suite compares few, and the same each time.
EXAMPLES = int(os.environ.get("CONVERGIA_DIFFERENTIAL_EXAMPLES", "0"))
_QUICK = 400

PLAN = settings(
    max_examples=EXAMPLES or _QUICK,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
