"""Tests that with `bulk send --sensitive` no output, report or view shows the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

ROWS = "number,message\n5512345678,Su clave es 739184\n5512345679,Su clave es 552716\n"


def test_the_texts_arrive_and_are_shown_nowhere(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    rows = shell.file("rows.csv", ROWS)

    dry = shell.bulk("send", rows, "--sensitive", "--dry-run")
    done = shell.bulk("send", rows, "--sensitive", "--json")
    again = shell.bulk("send", rows, "--sensitive", "--batch", "again")
    reports = [shell.bulk("report", "--format", form) for form in ("csv", "jsonl", "html")]

    assert (dry.returncode, done.returncode) == (0, 0), done.stderr
    assert "line 2: 525512345678: ***" in dry.stdout
    codes = {convergia_mockserver.code_for(number) for number in ("5512345678", "5512345679")}
    assert codes == {"739184", "552716"}
    # Repeats are found in texts that nobody sees.
    assert (again.returncode, "2 rows repeat a number and text" in again.stderr) == (2, True)
    for each in (dry, done, again, *reports):
        assert each.stdout + each.stderr
        assert not [code for code in codes if code in each.stdout + each.stderr]
