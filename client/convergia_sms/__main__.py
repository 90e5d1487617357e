"""Run the `convergia` command as `python -m convergia_sms`."""

from __future__ import annotations

from convergia_sms.cli import main

if __name__ == "__main__":
    main(prog_name="python -m convergia_sms")
