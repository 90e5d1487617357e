"""Gateways that nobody here wrote a profile for, and what the client understands of each."""
