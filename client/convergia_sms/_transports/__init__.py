"""Move bytes: one request out, one reply in, nothing resent, nothing followed, nothing logged."""
