"""A test that kills the outbox's processes and database at random, and audits the messages.

    python -m benchmarks.outbox_crash --store postgresql --kills 300 --seed 1

Two workers send over SOAP to a mock server while a third process enqueues. Repeatedly one of them,
or on PostgreSQL the database with all its processes, is killed by kill -9 at a random moment. Or a
`convergia worker` whose standard error is closed, full or a broken pipe is stopped by a signal, and
must record what it was sending. With `pgbouncer` all connections go through a pooler. At the end
every message is looked up in the outbox and at the gateway. If a message was lost or sent twice,
the command prints a line that starts with FAILED, and the exit code is 1.
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
