"""The admin API of the mock server: JSON at `/__admin/…`, on the gateway's methods."""

from .app import create_app

__all__ = ["create_app"]
