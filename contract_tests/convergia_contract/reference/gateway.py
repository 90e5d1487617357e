"""Starting and stopping a reference gateway."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import msgspec
from convergia_wsdl import load_guide, load_profile

from .habits import Habits
from .php import ReferenceUnavailableError, require, write_nusoap
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from convergia_wsdl import Profile

PHP_SOURCES = Path(__file__).with_name("www")
_STARTED = re.compile(r"Development Server \((http://[^)]+)\) started")


class ReferenceGateway:
    """A PHP gateway on this machine, as a context manager.

    Each instance has its own port, state and process. Both faces use the guide's paths.

    Args:
        profile: the assumptions that it follows: dialects, precedence, limits and first id. The
            default is the packaged profile. Its WSDL is not used, see `service`.
        accounts: the passwords by user name. The default is `demo`/`demo`.
        service: the names, namespace and style of the SOAP service. The default is that of the
            packaged WSDL.
        pending_queries: the number of status queries that answer 0 before they answer 3.
        id_format: the format of message ids for PHP's `sprintf`.
        reserved_numbers: True if it has the mock server's reserved numbers for the 17 send codes
            and the 5 status codes, but not those for faults.
        habits: further habits of its scripts. By default none.
        port: the port. 0 for any free port.

    Attributes:
        base_url: the base URL without a trailing slash, after the start.

    Raises:
        ReferenceUnavailableError: by `start`, if PHP or NuSOAP is missing or PHP fails.
    """

    def __init__(
        self,
        profile: Profile | None = None,
        *,
        accounts: Mapping[str, str] | None = None,
        service: Service | None = None,
        pending_queries: int = 0,
        id_format: str = "%d",
        reserved_numbers: bool = True,
        habits: Habits | None = None,
        port: int = 0,
    ) -> None:
        self.profile: Profile = profile or load_profile()
        self.accounts: dict[str, str] = dict(accounts or {"demo": "demo"})
        self.service: Service = service or Service()
        self.base_url: str = ""
        self._pending_queries = pending_queries
        self._id_format = id_format
        self._reserved_numbers = reserved_numbers
        self._habits = habits or Habits()
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._reader: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start PHP and wait until it accepts connections."""
        if self._process is not None:
            raise RuntimeError("this reference gateway is already running")
        self._folder = tempfile.TemporaryDirectory(prefix="convergia-reference-")
        folder = Path(self._folder.name)
        try:
            require(self.service.engine)
            if self.service.engine == "nusoap":
                write_nusoap(folder / "nusoap.php")
            (folder / "config.json").write_text(json.dumps(self._config(folder)))
            self._process, log = _spawn(self._command(folder), folder)
            self.base_url = self._wait_until_started(self._process, log)
        except BaseException:
            self.stop()
            raise
        # PHP logs every request. If nobody reads the pipe, it fills up and blocks PHP.
        self._reader = threading.Thread(target=_drain, args=(log,), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stop PHP and delete its state. Do nothing if it is not running."""
        if (process := self._process) is not None:
            process.terminate()
            process.wait()
            if self._reader is not None:
                self._reader.join()
            if process.stderr is not None:
                process.stderr.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._process = self._folder = self._reader = None

    def numbers(self) -> set[str]:
        """Return the numbers of the accepted messages."""
        return {one["number"] for one in self._messages().values()}

    def ids(self) -> list[str]:
        """Return the ids of the accepted messages, oldest first."""
        return list(self._messages())

    def _messages(self) -> dict[str, dict[str, str]]:
        if self._folder is None:
            raise RuntimeError("this reference gateway is not running")
        state = Path(self._folder.name) / "state.json"
        if not state.exists():
            return {}
        # PHP writes an array without keys if no message was accepted.
        messages: dict[str, dict[str, str]] = dict(json.loads(state.read_text())["messages"])
        return messages

    def _command(self, folder: Path) -> list[str]:
        """Return the command of the web server, and write its files into `folder`."""
        del folder
        return ["php", "-S", f"127.0.0.1:{self._port}", "-t", str(PHP_SOURCES)]

    def _wait_until_started(self, process: subprocess.Popen[str], log: IO[str]) -> str:
        """Return the base URL that PHP prints when it listens. Raise PHP's error if it cannot."""
        seen: list[str] = []
        for line in log:
            if found := _STARTED.search(line):
                return found[1]
            seen.append(line.strip())
        raise ReferenceUnavailableError(f"php -S ended with {process.wait()}: {' '.join(seen)}")

    def _config(self, folder: Path) -> dict[str, object]:
        profile, guide, service = self.profile, load_guide(), self.service
        operations = {
            "send": msgspec.to_builtins(service.send),
            "status": msgspec.to_builtins(service.status),
        }
        return {
            "nusoap": str(folder / "nusoap.php"),
            "state": str(folder / "state.json"),
            "accounts": self.accounts,
            "service": {
                "engine": service.engine,
                "name": service.name,
                "namespace": service.namespace,
                "style": service.style,
                "use": service.use,
                "nested": service.nested,
                "functions": msgspec.to_builtins(dict(service.functions)),
                "wsdl": None if service.wsdl is None else str(service.wsdl),
                **operations,
            },
            "habits": self._habits.as_config(),
            "reply": msgspec.to_builtins(profile.reply),
            "content_type": profile.reply.http.content_type,
            "soap_charset": profile.text.soap_charset,
            "max_length": profile.text.max_length,
            "number_pattern": profile.number.pattern,
            "precedence": profile.errors.precedence,
            "status_precedence": profile.errors.status_precedence,
            "operation_refusal": profile.errors.operation_refusal,
            "first_id": profile.message_id.first,
            "id_format": self._id_format,
            "pending_queries": self._pending_queries,
            "reserved_numbers": self._reserved_numbers,
            "texts": {
                "send": {code.code: code.text for code in guide.send.codes},
                "status": {code.code: code.text for code in guide.status.codes},
            },
        }


def _spawn(command: list[str], folder: Path) -> tuple[subprocess.Popen[str], IO[str]]:
    process = subprocess.Popen(  # noqa: S603
        command,
        env={**os.environ, "CONVERGIA_REFERENCE_CONFIG": str(folder / "config.json")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Apache signals its whole process group when it ends.
        start_new_session=True,
    )
    if process.stderr is None:
        raise AssertionError("stderr is a pipe")
    return process, process.stderr


def _drain(log: IO[str]) -> None:
    deque(log, maxlen=0)
