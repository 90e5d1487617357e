"""Tests that nobody is texted twice, or after opting out, unless the user decides so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from convergia_sms.cli.bulk._check import Checked
from convergia_sms.cli.bulk._repeats import RepeatReport, open_repeats
from convergia_sms.cli.bulk._tally import Tally
from convergia_sms.outbox import Outbox, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convergia_mockserver import MockGateway

    from tests.cli.bulk.conftest import Shell

HEAD = "celular,mensaje\n"
THRICE = HEAD + "5512345678,hola\n55 1234 5678,hola\n+52 (55) 1234-5678,hola\n8112345678,hola\n"


@pytest.fixture
def outbox(shell: Shell) -> Iterator[Outbox]:
    with Outbox(f"sqlite:///{shell.folder}/convergia-outbox.db", account="demo") as outbox:
        yield outbox


def texts(gateway: MockGateway) -> list[str]:
    return [message.text for message in gateway.messages]


def test_a_number_in_three_spellings_is_refused_before_anything_is_sent(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    done = shell.bulk("send", shell.file("a.csv", THRICE))
    assert done.returncode == 2
    assert "2 rows repeat a number and text of the file" in done.stderr
    assert "line 3 repeats line 2\nline 4 repeats line 2\n" in done.stderr
    assert "2 of 4 rows would text somebody twice; nothing was sent" in done.stderr
    assert not convergia_mockserver.messages


@pytest.mark.parametrize(("decision", "sent"), [("skip", 2), ("send", 4)])
def test_a_decision_about_repeats_is_kept_when_the_file_is_sent_again(
    shell: Shell, convergia_mockserver: MockGateway, decision: str, sent: int
) -> None:
    for _ in range(2):
        done = shell.bulk("send", shell.file("a.csv", THRICE), "--repeats", decision)
        assert done.returncode == 0, done.stderr
        assert len(convergia_mockserver.messages) == sent


def test_a_corrected_file_is_sent_only_to_numbers_that_got_nothing(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    shell.bulk("send", shell.file("a.csv", HEAD + "5512345678,hola Ana\n8112345678,hola Jose\n"))
    corrected = shell.file("b.csv", HEAD + "5512345678,hola Ana\n3312345678,hola Eva\n")
    refused = shell.bulk("send", corrected)
    assert refused.returncode == 2
    assert "1 row repeats a number and text that were sent or are queued" in refused.stderr
    done = shell.bulk("send", corrected, "--repeats", "skip")
    assert done.returncode == 0, done.stderr
    assert sorted(texts(convergia_mockserver)) == ["hola Ana", "hola Eva", "hola Jose"]


def test_the_same_messages_in_another_file_of_another_format_are_refused(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    shell.bulk("send", shell.file("a.csv", HEAD + "5512345678,hola\n"))
    other = shell.file("otra.jsonl", '{"celular": "+525512345678", "mensaje": "hola"}\n')
    assert shell.bulk("send", other).returncode == 2
    assert len(convergia_mockserver.messages) == 1


def test_new_keys_in_the_same_batch_do_not_text_anybody_again(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    head = "celular,mensaje,folio\n"
    options = ("--key", "folio", "--batch", "enero")
    shell.bulk("send", shell.file("a.csv", head + "5512345678,hola,F1\n"), *options)
    renumbered = shell.file("a.csv", head + "5512345678,hola,F7\n8112345678,hola,F8\n")
    refused = shell.bulk("send", renumbered, *options)
    assert refused.returncode == 2
    assert "line 2 repeats a message in the outbox" in refused.stderr
    assert shell.bulk("send", renumbered, *options, "--repeats", "skip").returncode == 0
    assert [message.number[-10:] for message in convergia_mockserver.messages] == [
        "5512345678", "8112345678",
    ]  # fmt: skip


def test_another_text_for_the_same_file_is_refused_with_its_line(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", "celular\n5512345678\n")
    options = ("--batch", "enero", "--template")
    shell.bulk("send", file, *options, "hola")
    done = shell.bulk("send", file, *options, "adiós")
    assert done.returncode == 2
    assert "the batch 'enero' has another message for line 2; nothing was sent" in done.stderr
    assert texts(convergia_mockserver) == ["hola"]


def test_a_file_without_remaining_rows_is_reported(shell: Shell) -> None:
    shell.bulk("send", shell.file("a.csv", HEAD + "5512345678,hola\n"))
    done = shell.bulk("send", shell.file("b.csv", HEAD + "5512345678,hola\n"), "--repeats", "skip")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("No row is left to send.\n")
    assert "Sending" not in done.stderr


def test_another_text_for_the_same_number_is_reported_and_sent(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", HEAD + "5512345678,uno\n5512345678,dos\n")
    done = shell.bulk("send", file)
    assert done.returncode == 0, done.stderr
    assert "1 row repeats a number of the file with another text" in done.stderr
    assert len(convergia_mockserver.messages) == 2


def test_repeats_can_be_found_by_number_only(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    file = shell.file("a.csv", HEAD + "5512345678,uno\n5512345678,dos\n")
    assert shell.bulk("send", file, "--repeats-by", "number").returncode == 2
    shell.bulk("send", file, "--repeats-by", "number", "--repeats", "skip")
    assert texts(convergia_mockserver) == ["uno"]


@pytest.mark.parametrize(("decision", "messages", "segments"), [("skip", 2, 4), ("send", 3, 6)])
def test_only_what_goes_out_counts_as_sms_parts(
    shell: Shell, outbox: Outbox, decision: str, messages: int, segments: int
) -> None:
    outbox.opt_out(["3312345678"], by="ana", reason="BAJA")
    long, longer = "á" * 100, "á" * 150
    file = shell.file(
        "a.csv",
        f"{HEAD}5512345678,{long}\n55 1234 5678,{long}\n8112345678,{long}\n3312345678,{longer}\n",
    )
    arguments = ("send", file, "--dry-run", "--repeats", decision)
    plan = json.loads(shell.bulk(*arguments, "--json").stdout)
    assert (plan["messages"], plan["segments"]) == (messages, segments)
    assert plan["costlier"]["messages"] == messages
    assert f"{messages} messages, {segments} SMS\n" in shell.bulk(*arguments).stdout


def test_messages_beyond_the_span_do_not_count(shell: Shell, outbox: Outbox) -> None:
    outbox.enqueue("5512345678", "hola")
    file = shell.file("a.csv", HEAD + "5512345678,hola\n")
    assert shell.bulk("send", file, "--dry-run").returncode == 2
    assert shell.bulk("send", file, "--dry-run", "--since", "0m").returncode == 0


def test_a_key_that_is_the_number_is_that_number_however_it_is_written(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    shell.bulk("send", shell.file("a.csv", HEAD + "5512345678,hola\n"), "--key", "celular")
    done = shell.bulk("send", shell.file("b.csv", HEAD + "55 1234 5678,hola\n"), "--key", "celular")
    assert done.returncode == 0, done.stderr
    assert "1 row was in the outbox already" in done.stderr
    assert len(convergia_mockserver.messages) == 1


def test_many_rows_to_one_number_take_no_time_that_grows_with_their_square() -> None:
    with open_repeats() as repeats:
        for line in range(2, 60_002):
            repeats.add(
                Checked(line, "525512345678", "hola", None, None, 1, False, (), 1), f"b:{line}"
            )
        report = repeats.compare((), (), "text")
    assert report == RepeatReport(
        in_file=59_999,
        tally=Tally(60_000),
        repeated_tally=Tally(59_999),
        examples=((3, 2), (4, 2), (5, 2)),
    )


def test_numbers_that_opted_out_get_nothing_and_are_reported(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    assert shell.bulk("optout", "add", "+52 55 1234 5678").stdout == "1 number added.\n"
    file = shell.file("a.csv", HEAD + "5512345678,hola\n8112345678,hola\n")
    done = shell.bulk("send", file, "--json")
    assert done.returncode == 0, done.stderr
    assert "1 row is for a number that opted out" in done.stderr
    plan = json.loads(done.stdout)["plan"]
    assert (plan["messages"], plan["opted_out"], plan["account"]) == (1, 1, "demo")
    assert plan["base_url"] == shell.base_url
    assert [message.number for message in convergia_mockserver.messages] == ["528112345678"]


def test_opt_outs_are_imported_listed_and_removed(shell: Shell) -> None:
    file = shell.file("bajas.csv", "celular\n55 1234 5678\n8112345678\n")
    assert json.loads(shell.bulk("optout", "import", file, "--json").stdout) == {"added": 2}
    listed = [
        json.loads(line) for line in shell.bulk("optout", "list", "--json").stdout.splitlines()
    ]
    assert [each["number"] for each in listed] == ["525512345678", "528112345678"]
    assert shell.bulk("optout", "remove", "5512345678").stdout == "1 number removed.\n"
    assert len(shell.bulk("optout", "list").stdout.splitlines()) == 1


def test_an_import_with_one_wrong_number_adds_none(shell: Shell) -> None:
    file = shell.file("bajas.csv", "celular\n5512345678\n55\n")
    done = shell.bulk("optout", "import", file)
    assert done.returncode == 2
    assert "line 3: not a Mexican number" in done.stderr
    assert shell.bulk("optout", "list").stdout == ""


def test_the_messages_of_a_number_can_be_cancelled_and_erased(shell: Shell, outbox: Outbox) -> None:
    for number in ("5512345678", "8112345678"):
        outbox.enqueue(number, "hola")
    done = shell.bulk("cancel", "--number", "55 1234 5678", "--reason", "wrong person")
    assert done.stdout == "1 message cancelled.\n"
    assert shell.bulk("purge", "--number", "5512345678", "--yes").returncode == 0
    assert [entry.number for entry in outbox.messages()] == ["528112345678"]
    assert outbox.counts()[State.QUEUED] == 1


def test_characters_that_make_messages_cost_more_are_reported_with_an_example(shell: Shell) -> None:
    text = "á" + "a" * 100
    done = shell.bulk("send", shell.file("a.csv", HEAD + f"5512345678,{text}\n"), "--dry-run")
    assert "1 message takes 1 more SMS because of characters such as á (line 2)" in done.stderr
    plan = json.loads(shell.bulk("send", "a.csv", "--dry-run", "--json").stdout)
    assert plan["costlier"] == {"messages": 1, "segments": 1, "line": 2, "characters": ["á"]}


def test_transliterating_in_bulk_does_what_it_does_for_one_and_reports_it(
    shell: Shell, convergia_mockserver: MockGateway
) -> None:
    text = "Está… aquí"
    shell.run("send", "5512345678", text, "--transliterate")
    file = shell.file("a.csv", HEAD + f"8112345678,{text}\n")
    done = shell.bulk("send", file, "--transliterate")
    assert done.returncode == 0, done.stderr
    assert "Transliterated in 1 text: á → a (1), … → ... (1), í → i (1)." in done.stderr
    assert len(set(texts(convergia_mockserver))) == 1
