"""Tests of the command `convergia rehearse`."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from convergia_contract.rehearsal.command import rehearse as command
from convergia_contract.rehearsal.examples import EXAMPLES
from convergia_contract.rehearsal.rules import RULES
from convergia_sms.cli._failures import CommandFailure

from tests.warm import CONVERGIA

PEER = Path(__file__).with_name("peers") / "peer.py"


def peer(mistake: str = "none") -> list[str]:
    return ["--", sys.executable, str(PEER), mistake, "{number}", "{message}"]


def rehearse(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "CONVERGIA_PASSWORD"}
    return subprocess.run(
        [str(CONVERGIA), "rehearse", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
        env=inherited | {"LC_ALL": "C.UTF-8"} | environment,
    )


def scenarios(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(done.stdout)["scenarios"]}


def test_a_program_that_keeps_the_rules_ends_with_0() -> None:
    done = rehearse("--scenario", "code-100", "--scenario", "fault-http-500", *peer())
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("code-100\tpassed\t")
    assert "2 scenarios in" in done.stdout.splitlines()[-1]


def test_a_program_that_breaks_a_rule_ends_with_1_and_sees_the_cure() -> None:
    done = rehearse("--scenario", "code-100", *peer("sends nothing"))
    assert done.returncode == 1
    assert "code-100: not-accepted (failure)" in done.stdout
    assert "Hint: not-accepted: Use CONVERGIA_BASE_URL" in done.stderr


def test_the_texts_are_spanish_in_a_spanish_terminal() -> None:
    done = rehearse("--scenario", "code-100", *peer("sends nothing"), LC_ALL="es_MX.UTF-8")
    assert "No se aceptó ningún mensaje." in done.stdout
    assert "Sugerencia: not-accepted: Use CONVERGIA_BASE_URL" in done.stderr


def test_the_program_gets_the_password_only_in_the_environment(
    tmp_path: Path,
) -> None:
    written = tmp_path / "seen.json"
    code = (
        "import json, os, sys; json.dump([sys.argv[2:], dict(os.environ)], open(sys.argv[1], 'w'))"
    )
    names = ["number", "message", "extra", "base_url", "wsdl_url", "username"]
    command = [sys.executable, "-c", code, str(written), *(f"{{{name}}}" for name in names), "{x}"]
    rehearse(
        "--scenario", "text-accents", "--", *command, CONVERGIA_PROXY="http://127.0.0.1:9",
        CONVERGIA_REDIRECT_TO="525500000000", CONVERGIA_PASSWORD_FILE="/nowhere", NO_PROXY="db",
    )  # fmt: skip
    arguments, environment = json.loads(written.read_text())
    assert arguments[:3] == [
        "525512345678", "Señora Núñez: su cita es mañana. ¿Confirma? ¡Gracias!", "rehearsal"
    ]  # fmt: skip
    assert arguments[6] == "{x}"
    assert [environment[f"CONVERGIA_{name.upper()}"] for name in names] == arguments[:6]
    assert environment["CONVERGIA_WSDL_URL"].endswith("/s/text-accents/webservice.php?wsdl")
    assert environment["CONVERGIA_FORBID_LIVE"] == "1"
    assert environment["NO_PROXY"] == "127.0.0.1,localhost,::1,db"
    assert len(environment["CONVERGIA_PASSWORD"]) > 20
    assert not environment.keys() & {
        "CONVERGIA_PROXY", "CONVERGIA_REDIRECT_TO", "CONVERGIA_PASSWORD_FILE"
    }  # fmt: skip


def test_json_contains_sent_received_and_the_programs_output() -> None:
    done = rehearse("--json", "--scenario", "fault-http-500", *peer())
    assert done.returncode == 0, done.stderr
    (run,) = scenarios(done)["fault-http-500"]["runs"]
    assert run["claim"] == "unknown"
    assert run["program"]["exit_code"] == 3
    assert run["program"]["output"].strip() == "outcome unknown"
    (request,) = run["requests"]
    assert request["fault"] == "http-500"
    assert request["arguments"]["message"] == run["message"]


def test_a_password_that_the_program_prints_is_in_no_report(tmp_path: Path) -> None:
    # The program writes it where only this test looks, and prints it too.
    kept = tmp_path / "password"
    code = (
        "import base64, os, pathlib, sys; p = os.environ['CONVERGIA_PASSWORD'];"
        "pathlib.Path(sys.argv[1]).write_text(p);"
        "print(p, base64.b64encode(p.encode()).decode(), p.encode().hex())"
    )
    page, junit = tmp_path / "page.html", tmp_path / "junit.xml"
    done = rehearse(
        "--json", "--scenario", "code-100", "--html", str(page), "--junitxml", str(junit),
        "--", sys.executable, "-c", code, str(kept),
    )  # fmt: skip
    assert done.returncode == 1
    rules = {each["rule"] for each in scenarios(done)["code-100"]["breaches"]}
    assert "password-exposed" in rules
    password = kept.read_text()
    for text in (done.stdout, done.stderr, page.read_text("utf-8"), junit.read_text("utf-8")):
        assert password not in text
        assert password.encode().hex() not in text
        assert "***" in text or text == done.stderr


def test_success_and_unknown_may_be_words_instead_of_exit_codes() -> None:
    # It always ends with 0 and says in words what became of the message.
    code = (
        "import os, sys, urllib.parse, urllib.request, urllib.error\n"
        "e = os.environ; q = urllib.parse.urlencode({'username': e['CONVERGIA_USERNAME'], "
        "'password': e['CONVERGIA_PASSWORD'], 'number': sys.argv[1], 'message': sys.argv[2]})\n"
        "try:\n"
        "    body = urllib.request.urlopen(e['CONVERGIA_BASE_URL'] + '/?' + q).read().decode()\n"
        "    print('ENVIADO' if body.startswith('100|') else 'RECHAZADO, intente más tarde')\n"
        "except urllib.error.URLError:\n"
        "    print('NO SE SABE')\n"
    )
    command = ["--", sys.executable, "-c", code, "{number}", "{message}"]
    chosen = ["--scenario", "code-1*", "--scenario", "fault-http-500"]
    words = ["--success", "^ENVIADO$", "--unknown", "NO SE SABE"]
    assert rehearse(*chosen, *words, *command).returncode == 0
    assert rehearse(*chosen, *command).returncode == 1


def test_an_accepted_deviation_passes_and_one_that_is_gone_fails(tmp_path: Path) -> None:
    expected = tmp_path / "expected.toml"
    deviation = '[[deviation]]\nscenario = "code-*"\nrule = "not-accepted"\nreason = "a draft"\n'
    expected.write_text(deviation)
    chosen = ["--json", "--scenario", "code-100", "--expect", str(expected)]
    accepted = rehearse(*chosen, *peer("sends nothing"))
    assert accepted.returncode == 0, accepted.stdout
    assert scenarios(accepted)["code-100"]["verdict"] == "expected"
    gone = rehearse(*chosen, *peer())
    assert gone.returncode == 1
    assert [each["rule"] for each in json.loads(gone.stdout)["gone"]] == ["not-accepted"]


def test_a_deviation_of_an_unplayed_scenario_does_not_count_as_gone(tmp_path: Path) -> None:
    expected = tmp_path / "expected.toml"
    expected.write_text(
        '[[deviation]]\nscenario = "text-euro"\nrule = "text-altered"\nreason = "we write EUR"\n'
    )
    assert rehearse("--scenario", "code-100", "--expect", str(expected), *peer()).returncode == 0


def test_custom_scenarios_are_played_beside_the_built_in_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        "[[scenario]]\n"
        'name = "black-friday"\n'
        'title = "The allowance ends in the middle"\n'
        "runs = 3\n"
        "limits = { allowance = 2 }\n"
        "[[scenario]]\n"
        'name = "night"\n'
        'steps = [{ code = 110 }, { fault = "http-503" }]\n'
        'expects = "rejected"\n'
    )
    done = rehearse(
        "--json", "--scenarios", str(own), "--scenario", "black-friday", "--scenario", "night",
        *peer(),
    )  # fmt: skip
    played = scenarios(done)
    assert played["black-friday"]["title"] == "The allowance ends in the middle"
    assert [run["requests"][0]["code"] for run in played["black-friday"]["runs"]] == [100, 100, 204]
    # The third was not accepted, though the scenario expects that all are.
    assert [each["rule"] for each in played["black-friday"]["breaches"]] == ["not-accepted"]
    assert played["night"]["verdict"] == "passed"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[scenario]]\nname = 'a b'\n", "name"),
        ("[[scenario]]\nname = 'a'\nruns = 0\n", "runs"),
        ("[[scenario]]\nname = 'a'\ncolour = 'red'\n", "colour"),
        ("[[scenario]]\nname = 'a'\nsteps = [{ fault = 'gremlins' }]\n", "gremlins"),
        ("[[scenario]]\nname = 'code-100'\n", "two scenarios"),
        ("not TOML", "TOML"),
    ],
)
def test_an_invalid_scenario_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    done = rehearse("--scenarios", str(own), "--list")
    assert done.returncode == 2
    assert complaint.lower() in done.stderr.lower()
    assert "--list` lists them" not in done.stderr or complaint == "two scenarios"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "COMMAND or --serve"),
        (["--serve", "--", "true"], "COMMAND or --serve"),
        (["--scenario", "code-999", "--", "true"], "no scenario is called 'code-999'"),
        (["--", "/nowhere/at-all"], "/nowhere/at-all cannot be started"),
        (["--success", "(", "--", "true"], "regular expression"),
        (["--timeout", "0", "--", "true"], "timeout"),
        (["--expect", "/nowhere.toml", "--", "true"], "/nowhere.toml"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_why(arguments: list[str], complaint: str) -> None:
    done = rehearse(*arguments)
    assert done.returncode == 2, done.stdout
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_names_every_scenario_and_every_rule() -> None:
    done = rehearse("--list")
    names = {line.partition("\t")[0] for line in done.stdout.splitlines()}
    assert done.returncode == 0
    assert set(RULES) <= names
    assert {"code-100", "code-307", "fault-slow-drip", "status-6", "twenty-at-once"} <= names
    described = json.loads(rehearse("--list", "--json").stdout)
    assert {each["name"] for each in described["scenarios"]} | set(RULES) == names


@pytest.mark.parametrize("language", EXAMPLES)
def test_an_example_is_printed_in_each_language(language: str) -> None:
    done = rehearse("--example", language)
    assert done.returncode == 0
    assert "CONVERGIA_PASSWORD" in done.stdout


def test_junit_has_a_case_for_each_scenario(tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    rehearse(
        "--junitxml", str(file), "--scenario", "code-100", "--scenario", "status-3",
        *peer("waits for the word OK"),
    )  # fmt: skip
    suite = ET.parse(file).getroot()[0]
    assert suite.attrib["tests"] == "2"
    assert suite.attrib["failures"] == suite.attrib["skipped"] == "1"
    cases = {case.attrib["name"]: case for case in suite}
    failure = cases["code-100"].find("failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("claimed-failure: The gateway answered 100")
    assert cases["status-3"].find("skipped") is not None


def test_the_page_stands_alone_and_shows_hostile_output_as_text(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    code = "print('<script>alert(1)</script> \\u202e <img src=x onerror=y>')"
    rehearse(
        "--html", str(file), "--language", "es", "--scenario", "code-100",
        "--", sys.executable, "-c", code,
    )  # fmt: skip
    page = file.read_text("utf-8")
    assert '<html lang="es">' in page
    assert "Reportó éxito de un mensaje no aceptado" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert "src=" not in page.replace("&lt;img src=x", "")


def test_an_address_that_is_not_available_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(CommandFailure, match=f"cannot listen at .* port {port}: ") as caught:
            command.main(["--serve", "--port", port], standalone_mode=False)
    assert caught.value.cure == "choose another --host or --port"


class _FullDisk(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_output_that_cannot_be_written_is_not_reported_as_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", _FullDisk())
        with pytest.raises(OSError, match="No space left on device"):
            command.main(["--serve", "--scenario", "code-100"], standalone_mode=False)


def test_served_scenarios_are_judged_when_the_server_is_interrupted() -> None:
    process = subprocess.Popen(
        [str(CONVERGIA), "rehearse", "--serve", "--json", "--scenario", "code-1*",
         "--scenario", "fault-accepted-then-reset"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8", "CONVERGIA_PASSWORD": ""},  # empty as unset
    )  # fmt: skip
    try:
        assert process.stdout is not None
        offers = {
            each["scenario"]: each for each in json.loads(process.stdout.readline())["offers"]
        }
        for name, times in (("code-100", 1), ("fault-accepted-then-reset", 2)):
            offer = offers[name]
            query = urlencode(
                {
                    "username": offer["username"],
                    "password": "demo",
                    "number": offer["numbers"][0],
                    "message": offer["message"],
                }
            )
            for _ in range(times):
                try:
                    urllib.request.urlopen(f"{offer['base_url']}/?{query}", timeout=10).close()
                except OSError:
                    continue
        process.send_signal(signal.SIGINT)
        said, complaint = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    played = {each["name"]: each for each in json.loads(said)["scenarios"]}
    assert process.returncode == 1, complaint
    assert played["code-100"]["verdict"] == "passed"
    assert played["code-109"]["verdict"] == "not-triggered"
    rules = [each["rule"] for each in played["fault-accepted-then-reset"]["breaches"]]
    assert rules == ["resent-after-unknown"]


def test_a_client_with_a_fixed_url_is_assigned_to_a_space_by_its_account() -> None:
    done = rehearse(
        "--json", "--by-account", "--scenario", "code-100", "--scenario", "code-204", *peer()
    )
    assert done.returncode == 0, done.stdout
    played = scenarios(done)
    assert played["code-100"]["runs"][0]["requests"][0]["code"] == 100
    assert played["code-204"]["runs"][0]["requests"][0]["code"] == 204


def test_child_processes_that_a_program_leaves_running_are_ended() -> None:
    # The child keeps the pipe open: who waits for its end waits for ever.
    code = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c',"
        " 'import time; time.sleep(600)']); print(child.pid)"
    )
    done = rehearse("--json", "--scenario", "code-101", "--", sys.executable, "-c", code)
    (run,) = scenarios(done)["code-101"]["runs"]
    pid = int(run["program"]["output"])
    assert (
        not Path(f"/proc/{pid}").exists() or "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    )


def test_output_without_end_is_cut() -> None:
    code = "import sys\nfor _ in range(3000): sys.stdout.write('x' * 1000)"
    done = rehearse("--json", "--scenario", "code-101", "--", sys.executable, "-c", code)
    (run,) = scenarios(done)["code-101"]["runs"]
    assert len(run["program"]["output"]) < 70_000
    assert run["program"]["output"].endswith("[… cut …]")
