"""Settings: where the gateway is, who calls it, and how."""

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
