"""`/portal/`: for people. Reports of what was sent, and a workbench in the sandbox."""

from .app import create_app

__all__ = ["create_app"]
