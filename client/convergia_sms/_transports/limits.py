"""What both transports hold every connection and reply to."""

from __future__ import annotations

# Status line and headers.
MAX_HEAD = 1 << 16
# Servers drop idle connections (Apache after 5 s by default); a request that meets the drop is one
# whose outcome nobody knows. So ours are dropped first.
MAX_IDLE = 4.0
# A gateway may close each connection after its reply and not say so. The first connection that is
# to be used again is watched for so many seconds: the end of a reply and that of its connection
# travel together.
TRIAL = 0.02
# A process that was stopped finds its call's time over and the reply in its hands. How often it
# reads what is there after that: a whole reply, but no peer that goes on talking.
LATE_LOOKS = 16
USER_AGENT = "convergia-sms"
# What every request carries beside what its codec asks for. A compressed reply could be a bomb.
COMMON_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", USER_AGENT),
)
