"""Many messages through one client: how many at once, how many a second.

What both kinds hold to: a message is taken when there is room for it and stays accounted for. It
becomes a result, or a line in the log if the caller leaves before the result could be returned. If
the iterable raises, no more messages are taken. The results of what was started come first, then
the error.
"""

from ._pace import Pace
from ._tasks import send_in_tasks
from ._threads import send_in_threads

__all__ = ["Pace", "send_in_tasks", "send_in_threads"]
