"""Tests of `convergia bulk purge`: deletions, output and confirmation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from convergia_sms.outbox import Filter, Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from tests.cli.conftest import Convergia


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/outbox.db"


@pytest.fixture
def outbox(url: str) -> Outbox:
    """Return an outbox with a finished message and a queued one."""
    outbox = Outbox(url, account="tienda")
    outbox.enqueue("5512345678", "uno", key="b:2", batch="b")
    outbox.cancel(Filter(batch="b"), by="ana", reason="wrong text")
    outbox.enqueue("5512345678", "dos", key="b:3", batch="b")
    outbox.close()
    return outbox


@pytest.fixture
def purge(convergia: Convergia, url: str) -> Callable[..., Result]:
    return lambda *arguments: convergia("bulk", "purge", *arguments, "--outbox", url)


def states(outbox: Outbox) -> dict[str, int]:
    found = {state.value: count for state, count in outbox.counts().items() if count}
    outbox.close()
    return found


def test_finished_messages_are_deleted_and_the_kept_ones_counted(
    outbox: Outbox, purge: Callable[..., Result]
) -> None:
    done = purge("b", "--yes", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {
        "dry_run": False,
        "deleted": {"cancelled": 1},
        "kept": {"queued": 1},
    }
    assert states(outbox) == {"queued": 1}


def test_a_dry_run_reports_and_deletes_nothing(
    outbox: Outbox, purge: Callable[..., Result]
) -> None:
    done = purge("--all", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "to be deleted\tcancelled\t1\nkept\tqueued\t1\n"
    assert states(outbox) == {"cancelled": 1, "queued": 1}


def test_messages_that_are_too_young_are_kept(outbox: Outbox, purge: Callable[..., Result]) -> None:
    done = purge("--older-than", "1h", "--yes")
    assert (done.exit_code, done.stdout) == (0, "0 messages\n")
    assert states(outbox) == {"cancelled": 1, "queued": 1}


def test_another_batch_stays(outbox: Outbox, purge: Callable[..., Result]) -> None:
    done = purge("another", "--yes")
    assert (done.exit_code, done.stdout) == (0, "0 messages\n")
    assert states(outbox) == {"cancelled": 1, "queued": 1}


def test_nothing_is_deleted_without_confirmation(
    outbox: Outbox, purge: Callable[..., Result]
) -> None:
    done = purge("b")
    assert done.exit_code == 2
    assert "1 message would be deleted; nothing was deleted" in done.stderr
    assert "add --yes" in done.stderr
    assert states(outbox) == {"cancelled": 1, "queued": 1}


def test_messages_that_are_still_followed_are_reported_with_a_cure(
    outbox: Outbox, purge: Callable[..., Result]
) -> None:
    with outbox.database.writing() as connection:
        connection.exec_driver_sql("UPDATE convergia_outbox SET state = 'accepted', poll_at = 1")
    done = purge("b", "--yes")
    assert done.exit_code == 0
    assert "2 accepted messages are still followed; `convergia worker` follows" in done.stderr
    assert states(outbox) == {"accepted": 2}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "name a BATCH, or use --number, --older-than or --all"),
        (["--older-than", "1y"], "'1y' is not a time span: use for example 90d"),
        (["--older-than", "-1d"], "'-1d' is not a time span"),
        (["--older-than", "1000000d"], "'1000000d' is not a time span"),
    ],
)
def test_purge_requires_a_selection_of_messages(
    purge: Callable[..., Result], options: list[str], says: str
) -> None:
    done = purge(*options)
    assert done.exit_code == 2
    assert says in done.stderr


def test_an_age_before_all_outboxes_deletes_nothing(
    outbox: Outbox, purge: Callable[..., Result]
) -> None:
    assert purge("--older-than", "99999w", "--yes").exit_code == 0
    assert states(outbox) == {"cancelled": 1, "queued": 1}
