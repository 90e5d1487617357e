"""An example of a team's own Procrastinate module. test_procrastinate.py starts workers on it."""

from __future__ import annotations

import os

import procrastinate
from convergia_sms.outbox import Outbox
from convergia_sms.outbox.procrastinate import ProcrastinateOutbox

URL = os.environ["OUTBOX_URL"]
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))
sms = ProcrastinateOutbox(app, Outbox(URL, migrate=False))
