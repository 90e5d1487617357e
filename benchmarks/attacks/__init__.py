"""Attacks on the mock server by misbehaving peers. Tests run them on a small scale."""
