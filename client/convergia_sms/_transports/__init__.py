"""Transports: one request out, one reply in. Nothing is resent, followed or logged."""
