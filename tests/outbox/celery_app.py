"""An example of a team's own Celery module. test_celery.py starts workers on it."""

from __future__ import annotations

import os

from celery import Celery
from convergia_sms.outbox import Outbox
from convergia_sms.outbox.celery import CeleryOutbox

app = Celery("shop", broker=os.environ["BROKER_URL"])
app.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1)
if os.environ["BROKER_URL"].startswith("redis:"):
    # Seconds after which Redis hands on what a dead worker had: an hour, were it left out. RabbitMQ
    # does it as soon as the worker's connection ends.
    app.conf.broker_transport_options = {
        "visibility_timeout": 2,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        # A worker that dies while it looks for such tasks keeps the others from it for so long:
        # five minutes, were it left out.
        "unacked_mutex_expire": 2,
    }
sms = CeleryOutbox(app, Outbox(os.environ["OUTBOX_URL"], migrate=False))
