"""The portal for people at `/portal/`: reports of messages, and a workbench in the sandbox."""

from .app import create_app

__all__ = ["create_app"]
