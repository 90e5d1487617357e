"""Gateways for which there is no profile, and how much of each the client understands."""
