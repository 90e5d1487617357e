"""Tests that the commands report messages under accounts other than their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from convergia_sms.outbox import Outbox

if TYPE_CHECKING:
    from tests.cli.bulk.conftest import Shell


@pytest.fixture
def strayed(shell: Shell) -> Shell:
    """An application without the username in its environment has enqueued a message."""
    with Outbox(f"sqlite:///{shell.folder}/convergia-outbox.db", account="default") as outbox:
        outbox.enqueue("5512345678", "hola")
    return shell


@pytest.mark.parametrize(
    "arguments", [["worker", "--until-empty", "--no-poll"], ["bulk", "resume"]]
)
def test_a_sending_that_finds_only_another_accounts_messages_fails_with_the_cause(
    strayed: Shell, convergia_mockserver: Any, arguments: list[str]
) -> None:
    done = strayed.run(*arguments)
    assert done.returncode == 1
    assert "1 message waits under the account 'default'" in done.stderr
    assert "the account 'demo' has no messages" in done.stderr
    assert not convergia_mockserver.messages


def test_status_reports_messages_of_other_accounts_in_text_and_json(strayed: Shell) -> None:
    done = strayed.bulk("status", "--json")
    assert done.returncode == 0
    assert "1 message waits under the account 'default'" in done.stderr
    assert json.loads(done.stdout)["elsewhere"] == {"default": 1}


def test_an_account_can_be_named_apart_from_the_gateways_user(
    strayed: Shell, convergia_mockserver: Any
) -> None:
    done = strayed.run("worker", "--until-empty", "--no-poll", "--account", "default")
    assert done.returncode == 0, done.stderr
    assert [message.text for message in convergia_mockserver.messages] == ["hola"]
    assert "default" not in done.stderr
