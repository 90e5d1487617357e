"""Sending many messages through one client, with limits for concurrency and rate.

Both kinds follow the same rules. A message is read only when it can be sent, and is then accounted
for: it becomes a result, or a log record if the caller leaves before that. If the iterable raises,
no more messages are read. The results of all started messages come first, then the error.
"""

from ._pace import Pace
from ._tasks import send_in_tasks
from ._threads import send_in_threads

__all__ = ["Pace", "send_in_tasks", "send_in_threads"]
