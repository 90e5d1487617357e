"""Hold the public packages to pyright, as the editors of their users do: `make types`.

Two questions: is every type that the packages expose known (`--verifytypes`, 100 %), and is a
program or a test as users write it free of errors in strict mode? basedpyright is pyright with its
node runtime in a wheel, so this needs Python and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.docs.page import steps

# Each with the public packages inside it, which pyright looks at with it.
PACKAGES = {
    "convergia_sms": ("convergia_sms.outbox", "convergia_sms.soap"),
    "convergia_mockserver": (),
    "convergia_contract": (),
    "convergia_wsdl": (),
}
ROOT = Path(__file__).parent.parent.parent
PROGRAM = Path(__file__).with_name("program.py")


def pyright(*arguments: str) -> dict[str, Any]:
    """Run pyright and return its report."""
    binaries = Path(sys.executable).parent
    # With --verifytypes it asks the first `python` of the path where packages are installed.
    path = f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}"
    command = shutil.which("basedpyright", path=str(binaries)) or "basedpyright"
    done = subprocess.run(
        [command, "--outputjson", *arguments],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"pyright did not run: {done.stdout}{done.stderr}") from None
    return report


def unknown_types(package: str) -> list[str]:
    """Return what pyright cannot tell about the types that `package` exposes."""
    report = pyright("--verifytypes", package, "--ignoreexternal")
    found = report["typeCompleteness"]
    for each in (package, *PACKAGES[package]):
        if not any(symbol["name"].startswith(f"{each}.") for symbol in found["symbols"]):
            return [f"{each}: pyright found no symbols"]
    problems = [
        f"{symbol['name']}: {each['message']}"
        for symbol in found["symbols"]
        for each in symbol["diagnostics"]
        if each["severity"] == "error"
    ]
    return problems or ([] if found["completenessScore"] == 1 else [f"{package}: not complete"])


def copy_examples(folder: Path) -> int:
    """Copy the program, and each test and module that the documentation shows, into `folder`.

    A page has a folder of its own, so that its tests import the modules it had the reader save.
    """
    copied = 0
    for each in [PROGRAM, *PROGRAM.parent.glob("stub*.py")]:
        # A user has them beside the program.
        source = each.read_text("utf-8").replace("from tests.types.", "from ")
        (folder / each.name).write_text(source, "utf-8")
        copied += 1
    for page in [*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md")]:
        home = folder / page.relative_to(ROOT).with_suffix("").as_posix().replace("/", "-")
        for step in steps(page):
            # zeep has no types: nobody who uses it can be strict.
            if "import zeep" in step.source:
                continue
            if step.kind == "test":
                target = home / f"line_{step.line}.py"
            elif step.kind == "file" and step.name.endswith(".py") and "/" not in step.name:
                target = home / step.name
            else:
                continue
            home.mkdir(exist_ok=True)
            target.write_text(step.source, "utf-8")
            copied += 1
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}', "utf-8")
    return copied


def strict_errors(folder: Path, expected: int) -> list[str]:
    """Return what strict mode says about the `expected` files in `folder`."""
    report = pyright("--project", str(folder))
    seen = report["summary"]["filesAnalyzed"]
    if seen != expected:
        return [f"pyright looked at {seen} of {expected} files"]
    return [
        f"{Path(each['file']).relative_to(folder)}:{each['range']['start']['line'] + 1}: "
        f"{each['message']}"
        for each in report["generalDiagnostics"]
    ]


def main() -> None:
    """Print every problem; exit code 1 if there is one."""
    with (
        tempfile.TemporaryDirectory(prefix="convergia-types-") as name,
        ThreadPoolExecutor(os.cpu_count()) as threads,
    ):
        folder = Path(name).resolve()
        files = copy_examples(folder)
        strict = threads.submit(strict_errors, folder, files)
        unknown = threads.map(unknown_types, PACKAGES)
        problems = [problem for found in unknown for problem in found] + strict.result()
    # What uses a type that is partially unknown is a consequence: its cause is listed too.
    causes = [problem for problem in problems if "partially unknown" not in problem]
    for problem in causes or problems:
        print(problem)
    if problems:
        raise SystemExit(1)
    print(f"{len(PACKAGES)} packages: 100 % of the types known; {files} programs: 0 errors")


if __name__ == "__main__":
    main()
