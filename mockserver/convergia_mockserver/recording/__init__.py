"""Recording a session with a gateway, and replaying it.

A recording holds the meaning of each request and the reply as it came. It never holds the bytes of
a request, which contain the password. So a team that once has access to a gateway can share its
real behaviour.
"""

from .entries import (
    RecordedExchange,
    Recording,
    RecordingError,
    SessionStart,
    load_recording,
    load_sessions,
)
from .replay import Replayer, ReplayFace

__all__ = [
    "RecordedExchange",
    "Recording",
    "RecordingError",
    "ReplayFace",
    "Replayer",
    "SessionStart",
    "load_recording",
    "load_sessions",
]
