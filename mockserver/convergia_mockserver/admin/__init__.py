"""The control of the mock server: `/__admin/…`, JSON, over the gateway's own methods."""

from .app import create_app

__all__ = ["create_app"]
