"""Many messages through one client: how many at once, how many a second.

What both kinds hold to: a message is taken when there is room for it and stays accounted for. It
becomes a result; or, when the caller leaves before its result could be told, a line in the log.
An iterable that raises ends the taking; what was started is told first, then the error is raised.
"""

from ._pace import Pace
from ._tasks import send_in_tasks
from ._threads import send_in_threads

__all__ = ["Pace", "send_in_tasks", "send_in_threads"]
