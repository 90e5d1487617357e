"""The images of Containerfile: `make image` builds them offline, and they do what they are for.

No image can be pulled here, so the base is made of Debian's packages. Containers need no daemon
either: a container is a mount namespace whose root is the image, read-only, as another user.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from convergia_mockserver import MockServer

from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if "CONVERGIA" not in key} | {
    "BUILDAH_ISOLATION": "chroot"
}
# Read-only: the root and what lies in it. Only /tmp and /data are written to.
CONTAINER = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/tmp"
mount --bind "$2" "$1/data"
root=$1 && shift 2 && exec chroot --userspec="$1" "$root" /usr/bin/env --chdir=/data -i "${@:2}"
"""

# The first one builds everything: a minute and a half, and far longer on a machine that is busy.
LIMIT = pytest.mark.timeout(600)

pytestmark = [
    pytest.mark.exhaustive("image"),
    pytest.mark.skipif(
        not all(map(shutil.which, ("buildah", "mmdebstrap", "make", "unshare"))),
        reason="buildah, mmdebstrap, make or unshare is not installed",
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount"),
]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command to its end and return its standard output."""
    done = subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Image:
    """A built image, mounted.

    Attributes:
        root: its files.
        config: what the image says of how to run it.
        data: what its containers have at /data.
        packages: what its bill of materials lists.
    """

    root: Path
    config: dict[str, Any]
    data: Path
    packages: set[str]

    def command(self, arguments: list[str], variables: dict[str, str]) -> list[str]:
        """Return the command that starts a container with `arguments`."""
        settings = [*self.config["Env"], *(f"{key}={value}" for key, value in variables.items())]
        script = ["unshare", "--mount", "bash", "-euc", CONTAINER, "container"]
        return [*script, str(self.root), str(self.data), self.config["User"], *settings, *arguments]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container, to its end."""
        command = self.command(list(arguments), variables)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    @contextmanager
    def started(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Start the image's own command; stop it with SIGTERM, after which it must exit with 0."""
        command = [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        with subprocess.Popen(
            self.command(command, variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
        assert process.returncode == 0

    def health(self, **variables: str) -> int:
        """Return the exit code of the image's health check."""
        kind, *command = self.config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run(*command, **variables).returncode


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Image]]:
    folder = tmp_path_factory.mktemp("images")
    wheels, tools = folder / "wheels", folder / "tools"
    pip = [sys.executable, "-m", "pip"]
    quiet = ["--quiet", "--constraint", "constraints.txt"]
    extras = ".[mockserver,tls,postgres,metrics]"
    run(*pip, "wheel", *quiet, "--wheel-dir", wheels, extras, "hatchling")
    # Of the tools for a release, only what writes a bill of materials is needed.
    run(sys.executable, "-m", "venv", "--without-pip", tools)
    run(*pip, "--python", tools / "bin/python", "install", *quiet, "--no-compile", "cyclonedx-bom")
    (tools / ".release").touch()
    buildah = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]
    offline = "--build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels"
    build = f"--quiet --pull-never {offline} --volume {wheels}:/wheels:ro"
    try:
        _make_base(buildah)
        bills = folder / "bills"
        run(
            *("make", "image", f"VENV={tools}", f"CONTAINERS={' '.join(buildah)}"),
            *(f"BUILD={build} --build-arg BASE=localhost/base", f"DIST={bills}"),
        )
        yield {
            name: _mounted(buildah, name, folder / f"data-{name}", bills)
            for name in ("mockserver", "worker")
        }
    finally:
        run(*buildah, "umount", "--all")
        run(*buildah, "rm", "--all")
        run(*buildah, "rmi", "--all", "--force")


def _make_base(buildah: list[str]) -> None:
    """Make the image `base`: Debian with Python and its venv module, and little else."""
    container = run(*buildah, "from", "scratch").strip()
    root = run(*buildah, "mount", container).strip()
    run(
        *("mmdebstrap", "--quiet", "--variant=essential", "--include=python3-venv"),
        *("--skip=check/empty", "--dpkgopt=force-unsafe-io"),
        *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"),
        *("bookworm", root),
    )
    run(*buildah, "commit", "--quiet", container, "base")
    run(*buildah, "rm", container)


def _mounted(buildah: list[str], name: str, data: Path, bills: Path) -> Image:
    container = run(*buildah, "from", "--pull-never", f"convergia-{name}").strip()
    described = json.loads(run(*buildah, "inspect", "--type", "image", f"convergia-{name}"))
    config = described["Docker"]["config"]
    data.mkdir()
    uid, gid = map(int, config["User"].split(":"))
    os.chown(data, uid, gid)
    root = Path(run(*buildah, "mount", container).strip())
    bill = json.loads((bills / f"convergia-{name}-image.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    return Image(root, config, data, {part["name"] for part in bill["components"]})


@LIMIT
def test_the_mock_servers_image_keeps_the_contract_on_a_read_only_root(
    images: dict[str, Image],
) -> None:
    image = images["mockserver"]
    assert image.config["User"] == "10001:10001"
    assert image.run("touch", "/opt/convergia-sms/x").returncode != 0
    assert "Read-only" in image.run("touch", "/data/x", "/x").stderr
    options = {"PORT": "0", "DB": "/data/mock.db", "QUIET": "1"}
    options = {f"CONVERGIA_MOCKSERVER_{name}": value for name, value in options.items()}
    with image.started(**options) as server:
        assert server.stdout is not None
        printed = iter(server.stdout)
        line = next(line for line in printed if "mock server at" in line)
        (port,) = re.findall(r":(\d+)$", line.strip())
        environment = ENVIRONMENT | {"CONVERGIA_PASSWORD": "demo"}
        done = subprocess.run(
            [CONVERGIA, "contract", f"http://127.0.0.1:{port}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert image.health(CONVERGIA_MOCKSERVER_PORT=port) == 0
    assert image.health(CONVERGIA_MOCKSERVER_PORT=port) == 1
    assert (image.data / "mock.db").stat().st_size > 0
    assert {"spyne", "uvicorn", "trustme"} <= image.packages


@LIMIT
def test_the_workers_image_sends_what_the_outbox_holds(images: dict[str, Image]) -> None:
    image = images["worker"]
    assert image.config["User"] == "10001:10001"
    with MockServer() as gateway:
        settings = {
            "CONVERGIA_BASE_URL": gateway.base_url,
            "CONVERGIA_USERNAME": "demo",
            "CONVERGIA_PASSWORD": "demo",
            "CONVERGIA_OUTBOX": "sqlite:////data/outbox.db",
        }
        (image.data / "rows.csv").write_text("number,message\n5512345678,Hola\n", encoding="utf-8")
        sent = image.run("convergia", "bulk", "send", "/data/rows.csv", **settings)
        assert sent.returncode == 0, sent.stdout + sent.stderr
        with image.started(**settings) as worker:
            assert worker.stdout is not None
            while image.health() != 0:
                assert worker.poll() is None, worker.stdout.read()
        assert image.health() == 1
        assert [message.text for message in gateway.space().messages] == ["Hola"]
    assert {"psycopg", "zeep"} <= image.packages
    assert "spyne" not in image.packages
