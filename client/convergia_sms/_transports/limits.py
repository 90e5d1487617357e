"""What both transports hold every connection and reply to."""

from __future__ import annotations

# Status line and headers.
MAX_HEAD = 1 << 16
# Servers drop idle connections (Apache after 5 s by default); a request that meets the drop is one
# whose outcome nobody knows. So ours are dropped first.
MAX_IDLE = 4.0
USER_AGENT = "convergia-sms"
# What every request carries beside what its codec asks for. A compressed reply could be a bomb.
COMMON_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", USER_AGENT),
)
