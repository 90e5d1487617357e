"""Limits and common headers of both transports."""

from __future__ import annotations

# Status line and headers.
MAX_HEAD = 1 << 16
# Servers close idle connections (Apache after 5 s by default), and a request that meets the close
# has an unknown outcome. So we close ours first.
MAX_IDLE = 4.0
# A gateway may close each connection after its reply without notice. Before the first reuse, the
# connection is watched for so many seconds, because the end of the connection comes with the end of
# the reply.
TRIAL = 0.02
# After a process was suspended, its call's time may be over while the reply is already there. It
# then reads at most so many times: enough for a reply, but not endless for a peer that never stops.
LATE_LOOKS = 16
USER_AGENT = "convergia-sms"
# Headers of all requests, besides those of the codec. Compression is refused, because a compressed
# reply could be a bomb.
COMMON_HEADERS = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", USER_AGENT),
)
