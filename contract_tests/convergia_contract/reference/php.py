"""Checking the PHP installation for a reference gateway, and adapting NuSOAP to PHP 8."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

# The file of Debian's libnusoap-php. The library is not part of this package.
NUSOAP = Path("/usr/share/php/nusoap/nusoap.php")
PACKAGES = "php-cli php-xml php-mbstring php-curl php-soap libnusoap-php"
EXTENSIONS = {"nusoap": ("xml", "mbstring", "curl"), "ext-soap": ("mbstring", "soap")}


class ReferenceUnavailableError(RuntimeError):
    """PHP or NuSOAP is missing or does not start. The message names the packages to install."""


def missing(engine: str = "nusoap") -> str | None:
    """Return a sentence about missing programs. None if everything is installed."""
    php = shutil.which("php")
    lacking = [] if php else ["php"]
    if engine == "nusoap" and not NUSOAP.is_file():
        lacking.append(str(NUSOAP))
    if php:
        listed = subprocess.run([php, "-m"], capture_output=True, text=True, check=False)  # noqa: S603
        loaded = listed.stdout.lower().split()
        lacking += [f"PHP's extension {name}" for name in EXTENSIONS[engine] if name not in loaded]
    if not lacking:
        return None
    return f"missing: {', '.join(lacking)} (on Debian: apt-get install {PACKAGES})"


def require(engine: str) -> None:
    """Raise `ReferenceUnavailableError` if something that the engine needs is missing."""
    if (lacking := missing(engine)) is not None:
        raise ReferenceUnavailableError(lacking)


def nusoap_for_php8(source: str) -> str:
    """Return NuSOAP's source, changed only where PHP 8 refuses it.

    In PHP 8 a method with the name of its class is no longer a constructor, and `array_diff` no
    longer accepts null.
    """
    for name in re.findall(r"^class (\w+)", source, re.MULTILINE):
        source = re.sub(rf"function\s+{name}\s*\(", "function __construct(", source)
        source = re.sub(rf"parent::{name}\(", "parent::__construct(", source)
    return source.replace(
        "array_diff($this->usedNamespaces, $this->enclosingNamespaces)",
        "array_diff($this->usedNamespaces, (array) $this->enclosingNamespaces)",
    )


def write_nusoap(target: Path) -> None:
    """Write the corrected NuSOAP to `target`.

    Raises:
        ReferenceUnavailableError: if NuSOAP is not installed.
    """
    if (lacking := missing()) is not None:
        raise ReferenceUnavailableError(lacking)
    # Debian's file is ISO-8859-1, which keeps all bytes.
    target.write_bytes(nusoap_for_php8(NUSOAP.read_text("latin-1")).encode("latin-1"))
