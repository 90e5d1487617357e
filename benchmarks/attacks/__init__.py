"""Attacks on the mock server, each as one peer that misbehaves; the tests run them in small."""
