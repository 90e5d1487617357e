"""Tests of the HTTP face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from convergia_contract.suite.by_hand import HttpByHand
    from convergia_contract.target import Target


pytestmark: pytest.MarkDecorator = pytest.mark.about("acceptance")


def media_type(header: str) -> tuple[str, str]:
    kind, _, parameters = header.lower().partition(";")
    return kind.strip(), parameters.replace(" ", "")


@pytest.mark.about("content-type")
def test_a_reply_bears_the_profiles_content_type(http_by_hand: HttpByHand, target: Target) -> None:
    reply = http_by_hand.exchange("send", {})
    expected = media_type(target.profile.reply.http.content_type)
    assert media_type(reply.headers["content-type"]) == expected


@pytest.mark.about("status")
def test_the_order_of_the_parameters_does_not_matter(
    http_by_hand: HttpByHand, target: Target
) -> None:
    arguments = {"messageid": "999999999999", "password": target.password}
    assert http_by_hand.ask("status", {**arguments, "username": target.username}).code == 6


@pytest.mark.about("status")
def test_parameters_that_the_guide_does_not_name_are_ignored(
    http_by_hand: HttpByHand, target: Target
) -> None:
    account = {"username": target.username, "password": target.password}
    arguments = {**account, "messageid": "999999999999", "otro": "1"}
    assert http_by_hand.ask("status", arguments).code == 6
