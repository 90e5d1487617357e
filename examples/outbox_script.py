"""Sends each reminder once, even if the script is killed and started again.

    python outbox_script.py

Settings: CONVERGIA_BASE_URL, CONVERGIA_USERNAME, CONVERGIA_PASSWORD, and OUTBOX_URL (a file beside
this script's caller when left out).
"""

from __future__ import annotations

import asyncio
import os
import signal

from convergia_sms import AsyncClient
from convergia_sms.outbox import Draft, Filter, Outbox, Poller, PollSchedule, State, Worker

REMINDERS = [
    ("5512345678", "Ana", "lunes 10:00"),
    ("8187654321", "Luis", "martes 12:30"),
    ("3312349876", "Sol", "martes 17:00"),
]


async def main() -> None:
    """Enqueue the reminders, send and follow them, and print a report."""
    with Outbox(os.environ.get("OUTBOX_URL", "sqlite:///outbox.db")) as outbox:
        added = outbox.enqueue_many(
            Draft(
                number,
                f"{name}, le recordamos su cita: {when}",
                key=f"cita-{number}-{when}",
                batch="recordatorios",
            )
            for number, name, when in REMINDERS
        )
        print(f"{added.new} new, {added.existing} known already")
        ours = Filter(batch="recordatorios")
        async with AsyncClient() as client:
            worker = Worker(outbox, client, rate=20, poll_after=0.5)
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, worker.stop)
            await worker.run(until=ours)
            schedule = PollSchedule(first=0.5, deadline=60)
            await Poller(outbox, client, schedule=schedule).run(until_done=True)
        for state, count in outbox.counts(ours).items():
            if count:
                print(f"{state}: {count}")
        for entry in outbox.messages(Filter(batch="recordatorios", states=[State.UNKNOWN])):
            print(f"{entry.key}: may have been sent ({entry.detail}); please decide")


if __name__ == "__main__":
    asyncio.run(main())
