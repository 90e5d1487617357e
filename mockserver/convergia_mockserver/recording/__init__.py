"""A session with a gateway, written down and played back.

What is written is the meaning of each request (never its bytes: those hold the password) and the
reply as it came. So a team that has access once can share the gateway's true behaviour.
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
