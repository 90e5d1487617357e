"""Settings of a client: the gateway, the account, the transport and limits."""

from .checks import SettingsError, checked_base_url
from .options import Origin, SettingOptions
from .secrets import PasswordFunction, PasswordSource
from .settings import Settings, resolved

__all__ = [
    "Origin",
    "PasswordFunction",
    "PasswordSource",
    "SettingOptions",
    "Settings",
    "SettingsError",
    "checked_base_url",
    "resolved",
]
