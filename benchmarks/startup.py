"""The start-up times: `python -m benchmarks.startup`.

They are the median wall times of new processes, with their files already in the page cache.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
COMMAND = Path(sys.executable).with_name("convergia")
FIRST_CLIENT = (
    "import sys; from convergia_sms import Client;"
    " Client('demo', 'demo', base_url='http://127.0.0.1:8181', transport=sys.argv[1]).close()"
)
CASES: dict[str, list[str]] = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "convergia --help": [str(COMMAND), "--help"],
    "convergia --version": [str(COMMAND), "--version"],
    "convergia codes": [str(COMMAND), "codes"],
    "import convergia_sms": [sys.executable, "-c", "import convergia_sms"],
    "import Client": [sys.executable, "-c", "from convergia_sms import Client"],
    "first client, HTTP": [sys.executable, "-c", FIRST_CLIENT, "http"],
    "first client, SOAP": [sys.executable, "-c", FIRST_CLIENT, "soap"],
}


def median_seconds(command: list[str]) -> float:
    """Return the median wall time of `RUNS` runs, after one that warms the page cache."""
    times = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])


def main() -> None:
    """Print the table."""
    print(f"Python {sys.version.split()[0]}, median of {RUNS} runs")
    for name, command in CASES.items():
        print(f"{name:22} {median_seconds(command) * 1000:6.0f} ms")


if __name__ == "__main__":
    main()
