"""Prepare the packages of `convergia.pyz` in a folder, for versions of Python (`make pyz`).

Modules in C are built for one version of Python. Those of the other versions are put beside them,
so that one file runs on each. Scripts, which name the interpreter by its path, are forgotten.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distributions
from pathlib import Path


def forget_scripts(site_packages: Path) -> None:
    """Take the scripts, which the file does not have, out of each RECORD."""
    for record in site_packages.glob("*.dist-info/RECORD"):
        lines = record.read_bytes().splitlines(keepends=True)
        record.write_bytes(b"".join(line for line in lines if not line.startswith(b"../")))


def add_modules_of(version: str, site_packages: Path) -> None:
    """Put the modules in C that another version of Python needs beside those that are there."""
    compiled = sorted(
        f"{each.name}=={each.version}"
        for each in distributions(path=[str(site_packages)])
        if _is_compiled(each)
    )
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--target", folder]
        command = [*pip, *options, "--python-version", version, *compiled]
        subprocess.run(command, check=True)  # noqa: S603 - what is installed already
        for module in Path(folder).rglob("*.so"):
            target = site_packages / module.relative_to(folder)
            if not target.exists():
                shutil.copy2(module, target)


def _is_compiled(distribution: Distribution) -> bool:
    return any(file.suffix == ".so" for file in distribution.files or ())


if __name__ == "__main__":
    place = Path(sys.argv[1])
    for python in sys.argv[2:]:
        if python != f"{sys.version_info[0]}.{sys.version_info[1]}":
            add_modules_of(python, place)
    forget_scripts(place)
