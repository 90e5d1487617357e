"""Add this version of the site to a folder of all versions: `make docs-version FOLDER=../pages`.

A page there has a menu of the versions. The folder is what a web server publishes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BUILT = ROOT / "build/docs"
# Zensical reads the menu from ../versions.json, in the form of the program mike.
_MENU = '\n[project.extra.version]\nprovider = "mike"\n'
_START = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}/">\n'


def record(folder: Path, version: str) -> None:
    """List a version in `versions.json`, and let the start page lead to the newest one."""
    file = folder / "versions.json"
    listed = json.loads(file.read_text("utf-8")) if file.is_file() else []
    names = {version, *(each["version"] for each in listed)}
    newest_first = sorted(
        names, key=lambda name: [int(part) for part in name.split(".")], reverse=True
    )
    entries = [
        {"version": name, "title": name, "aliases": ["latest"] if name == newest_first[0] else []}
        for name in newest_first
    ]
    file.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
    (folder / "index.html").write_text(_START.format(newest_first[0]), "utf-8")


def main(folder: Path) -> None:
    """Build the site with the menu, and put it into the folder under its version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    settings = (ROOT / "zensical.toml").read_text("utf-8")
    settings = settings.replace('site_dir = "site"', f'site_dir = "{_BUILT.relative_to(ROOT)}"')
    # Paths in the settings begin where the file is.
    config = ROOT / "zensical-version.toml"
    config.write_text(settings + _MENU, "utf-8")
    try:
        zensical = Path(sys.executable).with_name("zensical")
        build = [str(zensical), "build", "--strict", "--clean", "--config-file", str(config)]
        subprocess.run(build, cwd=ROOT, check=True)
    finally:
        config.unlink()
    shutil.rmtree(folder / version, ignore_errors=True)
    shutil.copytree(_BUILT, folder / version)
    record(folder, version)


if __name__ == "__main__":
    if not sys.argv[1]:
        sys.exit(
            "FOLDER is missing. Name the folder of all versions: make docs-version FOLDER=../pages"
        )
    main(Path(sys.argv[1]))
