"""Kills the outbox's processes and its database at random, and counts what was lost or sent twice.

    python -m benchmarks.outbox_crash --store postgresql --kills 300 --seed 1

Two workers send over SOAP to a mock server while a third process enqueues. Again and again one of
them, or on PostgreSQL the database with all its processes, dies by kill -9 at a random moment; or a
`convergia worker` whose standard error is closed, full or a dead pipe is stopped by a signal, and
must record what it was sending. With `pgbouncer` all of it goes through a pooler. At the end every
message that was to be enqueued is looked up in the outbox and in what the gateway received. A line
that starts with FAILED, and exit code 1, when a promise was broken.
"""

from __future__ import annotations

import argparse
import random
import sys

from benchmarks.crash_harness import crash
from benchmarks.crash_workers import exit_on_sigterm


def main() -> int:
    """Run the command."""
    exit_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_RAW)
    parser.add_argument("--store", choices=["sqlite", "postgresql", "pgbouncer"], default="sqlite")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    options = parser.parse_args()
    print(f"store: {options.store}, seed: {options.seed}")
    report = crash(options.store, options.kills, options.seed)
    print(report)
    return 1 if report.broken else 0


_RAW = argparse.RawDescriptionHelpFormatter

if __name__ == "__main__":
    sys.exit(main())
