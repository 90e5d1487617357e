"""The reference gateway behind Apache with mod_php, which is the usual set-up of such gateways.

PHP's own web server (`php -S`) accepts, drops and refuses other requests than Apache.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from .gateway import PHP_SOURCES, ReferenceGateway
from .php import ReferenceUnavailableError, missing

if TYPE_CHECKING:
    import subprocess

# The folder of Debian's apache2 and libapache2-mod-php.
_MODULES = Path("/usr/lib/apache2/modules")
_PACKAGES = "apache2 libapache2-mod-php"
_WANTED = ("mpm_prefork", "authz_core", "dir", "mime", "env")
_START_SECONDS = 20
_CONFIGURATION = """
ServerRoot "{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{folder}/apache.pid"
ErrorLog "{folder}/error.log"
{modules}
User {user}
Group {group}
StartServers 1
MinSpareServers 1
MaxSpareServers 2
TypesConfig /etc/mime.types
DocumentRoot "{root}"
DirectoryIndex index.php
PassEnv CONVERGIA_REFERENCE_CONFIG
<Directory "{root}">
  Require all granted
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
"""


def apache_missing() -> str | None:
    """Return a sentence about missing programs. None if everything is installed."""
    if (lacking := missing()) is not None:
        return lacking
    if _binary() is None or _php_module() is None:
        return (
            "missing: Apache with mod_php (on Debian: apt-get install apache2 libapache2-mod-php)"
        )
    return None


class ApacheGateway(ReferenceGateway):
    """A `ReferenceGateway` behind Apache, with the same arguments."""

    def _command(self, folder: Path) -> list[str]:
        binary, module = _binary(), _php_module()
        if binary is None or module is None:
            raise ReferenceUnavailableError(str(apache_missing()))
        self._address = _free_port() if self._port == 0 else self._port
        root = folder / "www"
        shutil.copytree(PHP_SOURCES, root)
        loads = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _WANTED]
        loads.append(f"LoadModule php_module {module}")
        as_root = os.getuid() == 0
        (folder / "apache.conf").write_text(
            _CONFIGURATION.format(
                folder=folder,
                port=self._address,
                modules="\n".join(loads),
                user="www-data" if as_root else f"#{os.getuid()}",
                group="www-data" if as_root else f"#{os.getgid()}",
                root=root,
            )
        )
        if as_root:
            # Apache's processes run as another user, and store the gateway's state here.
            folder.chmod(0o777)
        return [binary, "-f", str(folder / "apache.conf"), "-DFOREGROUND"]

    def _wait_until_started(self, process: subprocess.Popen[str], log: IO[str]) -> str:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self._address), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return f"http://127.0.0.1:{self._address}"
        process.kill()
        raise ReferenceUnavailableError(f"apache2 did not start: {log.read().strip()}")


def _binary() -> str | None:
    return shutil.which("apache2", path=os.environ.get("PATH", "") + ":/usr/sbin")


def _php_module() -> Path | None:
    return next(iter(sorted(_MODULES.glob("libphp*.so"))), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
