"""Tests with programs in four languages: exactly the rule that each breaks fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from convergia_contract.rehearsal.observation import Claims
from convergia_contract.rehearsal.rehearsal import Rehearsal
from convergia_contract.rehearsal.scenarios import built_in, choose
from convergia_contract.rehearsal.stage import Stage
from convergia_wsdl import load_guide, load_profile

from tests.contract.rehearsal.programs import ASKED, example, peer
from tests.exhaustive import sampled
from tests.warm import CONVERGIA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convergia_contract.rehearsal.verdicts import RehearsalResult

# Every kind of situation, without those that differ in a number alone.
EACH_KIND = (
    "code-100", "code-109", "code-204", "code-307", "fault-accepted-then-reset",
    "fault-accepted-then-silence", "fault-http-500", "fault-php-warning", "slow-reply",
    "text-accents", "text-euro", "text-markup", "text-line-breaks", "again-after-failure",
)  # fmt: skip
# The examples wait for ten seconds, and a busy machine starts a JVM in some.
TIMEOUT = 45.0
SHORT_TIMEOUT = 12.0


def play(
    command: Sequence[str], chosen: Sequence[str], timeout: float = TIMEOUT
) -> RehearsalResult:
    profile = load_profile()
    scenarios = choose(built_in(load_guide(), profile), chosen)
    with Stage(profile, "demo", timeout=timeout) as stage:
        rehearsal = Rehearsal(stage, command, Claims(), timeout=timeout, jobs=4)
        return rehearsal.play(scenarios, lambda _: None)


def broken(result: RehearsalResult) -> set[str]:
    return {breach.rule for each in result.scenarios for breach in each.breaches}


@pytest.mark.parametrize(
    "language", sampled(["python", "node", "java", "php"], "rehearsal", every=3)
)
def test_a_correct_program_passes(language: str, tmp_path: Path) -> None:
    result = play(peer(language, "none", tmp_path), ("code-100", "fault-http-500", "text-accents"))
    assert broken(result) == set()
    assert {each.verdict for each in result.scenarios} == {"passed"}


@pytest.mark.exhaustive("rehearsal")
@pytest.mark.parametrize("language", ["php", "node", "java", "python"])
def test_a_correct_program_breaks_no_rule(language: str, tmp_path: Path) -> None:
    chosen = [name for name in EACH_KIND if language != "java" or name != "text-euro"]
    result = play(peer(language, "none", tmp_path), chosen)
    assert broken(result) == set()
    assert {each.verdict for each in result.scenarios} == {"passed"}


@pytest.mark.exhaustive("rehearsal")
@pytest.mark.parametrize("language", ["php", "node", "java", "python"])
def test_the_printed_example_breaks_no_rule(language: str, tmp_path: Path) -> None:
    result = play(example(language, tmp_path), EACH_KIND)
    assert broken(result) == set()
    assert {each.verdict for each in result.scenarios} == {"passed"}


def test_a_lost_character_may_be_reported_by_its_escape(tmp_path: Path) -> None:
    program = peer("python", "warns of the euro by its escape", tmp_path)
    assert broken(play(program, ["text-euro"])) == set()


# Language, mistake, the rule that it breaks, and the first scenario that shows it.
WRONG = [
    ("php", "resends when no reply came", "resent-after-unknown", "fault-http-500"),
    ("php", "strips the euro", "text-altered", "text-euro"),
    ("php", "calls the unknown a failure", "unknown-called-failure", "fault-php-warning"),
    ("php", "gives up", "gave-up", "code-109"),
    ("node", "takes any reply for success", "claimed-success", "code-204"),
    ("node", "has no timeout", "hung", "fault-accepted-then-silence"),
    ("java", "catches nothing", "crashed", "fault-accepted-then-reset"),
    ("java", "sends twice to be sure", "sent-twice", "code-100"),
    ("python", "prints the URL", "password-exposed", "code-100"),
    ("python", "hands the password on as an argument", "password-exposed", "code-100"),
    ("python", "waits for the word OK", "claimed-failure", "code-100"),
    ("python", "names another SOAPAction", "finding", "code-100"),
    ("python", "loses the euro silently", "text-lost", "text-euro"),
    ("python", "sends to a test number", "wrong-number", "code-100"),
    ("python", "sends nothing", "not-accepted", "code-100"),
]


@pytest.mark.parametrize(
    ("language", "mistake", "rule", "scenario"),
    # One takes ten seconds to be seen; a JVM takes a second to start.
    [each for each in WRONG if each[2] != "hung" and each[0] != "java"],
)
def test_a_wrong_program_is_caught(
    language: str, mistake: str, rule: str, scenario: str, tmp_path: Path
) -> None:
    assert broken(play(peer(language, mistake, tmp_path), [scenario])) == {rule}


@pytest.mark.exhaustive("rehearsal")
@pytest.mark.parametrize(("language", "mistake", "rule", "scenario"), WRONG)
def test_a_wrong_program_is_caught_by_exactly_its_rule(
    language: str, mistake: str, rule: str, scenario: str, tmp_path: Path
) -> None:
    # SOAP itself loses the euro: only the program that is about it is asked to send one.
    over_soap = language == "java" or rule == "finding"
    chosen = [name for name in EACH_KIND if not over_soap or name != "text-euro"]
    timeout = SHORT_TIMEOUT if rule == "hung" else TIMEOUT
    assert broken(play(peer(language, mistake, tmp_path), chosen, timeout)) == {rule}


def test_every_rule_catches_a_program() -> None:
    from convergia_contract.rehearsal.rules import RULES

    assert {rule for _, _, rule, _ in WRONG} == set(RULES)


@pytest.mark.exhaustive("rehearsal")
@pytest.mark.parametrize("transport", ["soap", "http"])
def test_our_own_command_passes_without_a_remark(transport: str) -> None:
    command = [str(CONVERGIA), "send", *ASKED, "--extra", "{extra}", "--wait"]
    command += ["--timeout", "4", "--wait-timeout", "6", "--transport", transport]
    result = play(command, [])
    assert broken(result) == set()
    assert {each.verdict for each in result.scenarios} == {"passed"}


def test_our_own_command_passes_each_kind_of_scenario() -> None:
    command = [str(CONVERGIA), "send", *ASKED, "--timeout", "4", "--wait"]
    # Without those that wait for a time limit: the test above has them.
    waiting = {"fault-accepted-then-silence", "slow-reply"}
    kinds = [name for name in EACH_KIND if name not in waiting]
    result = play(command, [*kinds, "status-2", "status-query-fails"])
    assert broken(result) == set()
    assert {each.verdict for each in result.scenarios} == {"passed"}
