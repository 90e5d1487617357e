"""Tests of `convergia` in Spanish. Machine-readable output stays the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from convergia_sms.cli import main
from convergia_sms.cli._language import language, translated
from convergia_sms.cli._output import confirm
from convergia_sms.cli.bulk._stopping import _STOPPING

from tests.language.texts import CATALOGUE, commands

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

COMMANDS = [path.split()[1:] for path, _ in commands(main, "convergia")]


def run(*arguments: str, lang: str = "es", stdin: str = "", **environment: str) -> Result:
    env = {
        "CONVERGIA_LANG": lang,
        "CONVERGIA_BASE_URL": None,
        "CONVERGIA_USERNAME": None,
        "CONVERGIA_PASSWORD": None,
        **environment,
    }
    return CliRunner().invoke(main, arguments, env=env, input=stdin, prog_name="convergia")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "es_MX.UTF-8"}, "es"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "es_MX.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LC_ALL": "C.UTF-8", "CONVERGIA_LANG": "es"}, "es"),
        ({"LC_ALL": "es_ES.UTF-8", "CONVERGIA_LANG": "en"}, "en"),
        ({"LANG": "es_MX.UTF-8", "LC_ALL": "", "CONVERGIA_LANG": ""}, "es"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_locales_unless_convergia_lang_says_another(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONVERGIA_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_part_of_a_commands_help_stays_english(command: list[str]) -> None:
    english, spanish = (run(*command, "--help", lang=lang).stdout for lang in ("en", "es"))
    assert spanish.startswith("Uso: convergia")
    assert "Usage:" in english
    # An option's line in Spanish has nothing of the English one behind the option.
    for line in english.splitlines():
        words = [word for word in line.split() if word.isalpha() and word.islower()]
        if len(words) >= 4 and command != ["completion"]:
            assert line.strip() not in spanish


def test_completion_help_has_a_line_for_each_shell() -> None:
    for lang in ("en", "es"):
        lines = run("completion", "--help", lang=lang).stdout.splitlines()
        for shell in ("bash", "zsh", "fish", "powershell"):
            assert [line for line in lines if line.startswith(f"  {shell}:")] != []
        assert not any("\b" in line or "\\b" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sned"], "Error: No existe el comando 'sned'. ¿Quiso decir 'send'?"),
        (["send", "--foo"], "Error: No existe la opción '--foo'."),
        (["send"], "Error: Falta el argumento 'NÚMERO'."),
        (["send", "1", "2", "3"], "Error: Sobra un argumento (3)"),
        (["send", "1", "2", "-t", "ftp"], "'ftp' no es uno de 'soap', 'http'."),
        (["status", "x", "--interval", "y"], "'y' no es un número válido."),
        (["bulk", "send", "no.csv"], "El archivo 'no.csv' no existe."),
        (["send", "--extra"], "Error: La opción '--extra' necesita un argumento."),
        (["mockserver", "--tls-ca-out", "ca.pem"], "--tls-ca-out necesita --tls-self-signed"),
        (["rehearse"], "Sugerencia: convergia rehearse -- php send.php {number} {message}"),
    ],
)
def test_a_wrong_call_is_explained_in_spanish(arguments: list[str], expected: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert run(*arguments, lang="en").exit_code == 2


def test_an_error_has_its_cause_and_its_cure_in_spanish() -> None:
    done = run("send", "55", "hola")
    assert done.stderr.splitlines() == [
        (
            "Error: no es un número mexicano: '55': demasiado corto: "
            "los números mexicanos tienen 10 dígitos, con la clave LADA al principio"
        ),
        "Sugerencia: escriba 10 dígitos, con la clave LADA al principio",
    ]


def test_an_unreachable_gateway_is_reported_in_spanish() -> None:
    done = run(
        "send", "5512345678", "hola",
        CONVERGIA_BASE_URL="http://127.0.0.1:9", CONVERGIA_USERNAME="u", CONVERGIA_PASSWORD="p",
    )  # fmt: skip
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: no hay conexión con 127.0.0.1:9: ")
    assert "Sugerencia: no se envió nada; revise CONVERGIA_BASE_URL y la red" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["codes"],
        ["codes", "--json"],
        ["send", "--dry-run", "5512345678", "acción"],
        ["send", "--dry-run", "--json", "5512345678", "acción"],
        ["send", "--json", "55", "hola"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_machine_readable_output_is_the_same_in_both_languages(arguments: list[str]) -> None:
    english, spanish = (run(*arguments, lang=lang) for lang in ("en", "es"))
    assert english.stdout == spanish.stdout != ""
    assert english.exit_code == spanish.exit_code


def test_a_file_is_checked_and_reported_in_spanish(tmp_path: Path) -> None:
    rows = tmp_path / "clientes.csv"
    rows.write_text("numero,texto\n5512345678,hola\n55,adiós\n5587654321,\n", encoding="utf-8")
    outbox = f"sqlite:///{tmp_path / 'outbox.db'}"
    done = run("bulk", "send", str(rows), "--dry-run", "--outbox", outbox)
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines[0].startswith("línea 3: no es un número mexicano: '55': demasiado corto")
    assert lines[1] == "línea 4: el texto está vacío"
    assert "2 de 3 filas no se pueden enviar; no se envió nada" in done.stderr
    assert "Sugerencia: corrija esas líneas y ejecute el comando otra vez" in done.stderr


def test_the_bulk_report_is_in_spanish(tmp_path: Path) -> None:
    outbox = f"sqlite:///{tmp_path / 'outbox.db'}"
    rows = tmp_path / "clientes.csv"
    rows.write_text("numero,texto\n5512345678,hola\n", encoding="utf-8")
    account = {
        "CONVERGIA_BASE_URL": "http://127.0.0.1:9",
        "CONVERGIA_USERNAME": "u",
        "CONVERGIA_PASSWORD": "p",
    }
    done = run("bulk", "send", str(rows), "--enqueue-only", "--outbox", outbox, **account)
    assert done.exit_code == 0, done.output
    page = run("bulk", "report", "--outbox", outbox, **account).stdout
    assert '<html lang="es">' in page
    for text in ("1 mensaje; SMS aceptados: 0", "<h2>Por estado</h2>", "<td>en cola</td>"):
        assert text in page
    assert (
        '<html lang="en">' in run("bulk", "report", "--outbox", outbox, lang="en", **account).stdout
    )
    csv = [
        run("bulk", "report", "--format", "csv", "--outbox", outbox, lang=lang, **account).stdout
        for lang in ("en", "es")
    ]
    assert csv[0] == csv[1]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("s\n", True), ("sí\n", True), ("Si\n", True), ("y\n", True), ("n\n", False), ("\n", False)],
)
def test_a_question_takes_a_spanish_answer(typed: str, expected: bool) -> None:
    @click.command()
    def ask() -> None:
        click.echo(json.dumps(confirm("Send it?")))

    done = CliRunner().invoke(ask, input=typed, env={"CONVERGIA_LANG": "es"})
    assert done.stderr.startswith("¿Enviarlo? [s/N]")
    assert json.loads(done.stdout) is expected


def test_a_text_of_a_gateway_is_shown_as_it_came() -> None:
    """A text that the catalogue lacks is shown unchanged, whatever it is and however long."""
    from convergia_sms.cli._translation import spanish

    for text in ("línea", "{0}", "{9}", "a" * 100_000, "x; x: " * 10_000, "\x1b[2J", "."):
        assert spanish().text(text) == text
    for text in ("Error: " * 10_000, "." * 10_000, "Warning: the text is empty; " * 10_000):
        assert spanish().text(text).endswith(text[-20:])


def test_words_of_ours_are_spanish_on_a_terminal_and_data_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from convergia_sms.cli import _table

    monkeypatch.setenv("CONVERGIA_LANG", "es")
    monkeypatch.setattr(_table, "is_terminal", lambda: True)
    _table.print_table(("State", "Number"), [("queued", "queued")], worded=(0,))
    shown = capsys.readouterr().out.split()
    assert shown[:2] == ["Estado", "Número"]
    assert shown[-2:] == ["en", "cola", "queued"][-2:]
    assert "en cola" in " ".join(shown)


def test_an_error_of_the_system_is_spanish_behind_its_cause() -> None:
    from convergia_sms.cli._translation import spanish

    error = "the connection broke off before a reply: Connection reset by peer"
    assert spanish().text(f"the message may have been sent: {error}") == (
        "quizá el mensaje se envió: la conexión se interrumpió antes de la respuesta: "
        "la otra parte cerró la conexión"
    )


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            "interrupted (KeyboardInterrupt) after the request went out",
            "se interrumpió (KeyboardInterrupt) después de enviar la petición",
        ),
        (
            "the reply cannot be read: it can be read as 5 or as 9 (id 7)",
            "no se puede leer la respuesta: se puede leer como 5 o como 9 (id 7)",
        ),
        (
            'the message may have been sent: HTTP 500, a SOAP fault (Server): "no"',
            'quizá el mensaje se envió: HTTP 500, un SOAP Fault (Server): "no"',
        ),
        (
            'HTTP 302: a redirect to x, which is not followed. The reply: "moved"',
            'HTTP 302: una redirección a x, que no se sigue. La respuesta: "moved"',
        ),
        (
            "the text has 161 characters; the most is 160",
            "el texto tiene 161 caracteres; el máximo es 160",
        ),
        (
            "the template names {bar}, which is not a column",
            "la plantilla menciona {bar}, que no es una columna",
        ),
        (
            "this machine's is 3 s behind the gateway's",
            "el de este equipo está 3 s atrasado respecto al del gateway",
        ),
        (
            "Error: a.toml: accounts.b: account 'b': hours: 'x' must have the form 08:00-20:00",
            "Error: a.toml: accounts.b: cuenta 'b': hours: 'x' debe tener la forma 08:00-20:00",
        ),
        (
            "A worker waits: the store is unavailable: it has not answered for 3 s.",
            "Un worker espera: no se alcanza la base de datos: no contesta desde hace 3 s.",
        ),
    ],
)
def test_a_text_of_a_library_is_spanish_with_its_values(printed: str, expected: str) -> None:
    from convergia_sms.cli._translation import spanish

    assert spanish().text(printed) == expected


def test_the_catalogue_is_in_the_package() -> None:
    assert CATALOGUE.parent.name == "locale"
    assert CATALOGUE.parent.parent.name == "cli"


def test_a_line_break_before_a_text_does_not_leave_it_in_english(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONVERGIA_LANG", "es")
    assert translated(_STOPPING).startswith("\nDeteniendo: ")
    assert translated("\n\n") == "\n\n"
