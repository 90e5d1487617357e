"""Wait until a URL answers, at most 30 seconds: `python wait_for.py URL`."""

import sys
import time
import urllib.request

url = sys.argv[1]
deadline = time.monotonic() + 30
while True:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - the URL is ours
            sys.exit(0)
    except OSError as error:
        if time.monotonic() > deadline:
            sys.exit(f"{url} does not answer: {error}")
        time.sleep(0.2)
