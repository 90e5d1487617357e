"""The PHP that a reference gateway needs: is it there, and NuSOAP made fit for PHP 8."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

# Where Debian's libnusoap-php puts it; the library is not ours to ship.
NUSOAP = Path("/usr/share/php/nusoap/nusoap.php")
PACKAGES = "php-cli php-xml php-mbstring php-curl php-soap libnusoap-php"
EXTENSIONS = {"nusoap": ("xml", "mbstring", "curl"), "ext-soap": ("mbstring", "soap")}


class ReferenceUnavailableError(RuntimeError):
    """PHP or NuSOAP is missing or does not start; the message says what to install."""


def missing(engine: str = "nusoap") -> str | None:
    """Return what a reference gateway lacks on this machine, as one sentence; None when nothing."""
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
    """Raise ReferenceUnavailableError if something is missing that the engine needs."""
    if (lacking := missing(engine)) is not None:
        raise ReferenceUnavailableError(lacking)


def nusoap_for_php8(source: str) -> str:
    """NuSOAP's source, changed only where PHP 8 refuses it.

    PHP 8 no longer takes a method named after its class for a constructor, and `array_diff` no
    longer takes null.
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
        ReferenceUnavailableError: it is not installed.
    """
    if (lacking := missing()) is not None:
        raise ReferenceUnavailableError(lacking)
    # ISO-8859-1 as Debian ships it: bytes in, the same bytes out.
    target.write_bytes(nusoap_for_php8(NUSOAP.read_text("latin-1")).encode("latin-1"))
