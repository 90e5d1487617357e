"""`convergia rehearse`: runs a client through every situation, and judges it."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
from convergia_sms.cli._failures import CommandFailure, UsageFailure
from convergia_sms.cli._json import json_option, json_wanted, print_json
from convergia_sms.cli._language import translated
from convergia_sms.cli._options import profile_option

if TYPE_CHECKING:
    from convergia_sms.cli._language import Language
    from convergia_wsdl import Profile

    from .expectations import Deviation
    from .scenarios import Scenario
    from .serving import Offers
    from .stage import Stage
    from .verdicts import RehearsalResult
    from .wording import Wording

_EXAMPLES = ("php", "node", "java", "dotnet", "python")
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Pattern(click.ParamType[re.Pattern[str]]):
    """A regular expression."""

    name = "pattern"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> re.Pattern[str]:
        try:
            return re.compile(str(value), re.MULTILINE)
        except re.error as error:
            raise click.BadParameter(
                f"{value!r} is not a regular expression: {error}", ctx, param
            ) from None


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--list", "listed", is_flag=True, help="List the scenarios and the rules.")
@click.option(
    "--scenario",
    "chosen",
    multiple=True,
    metavar="NAME",
    help="Only this scenario; a pattern such as fault-* names several. Repeatable.",
)
@click.option("--scenarios", "own", type=_FILE, metavar="FILE", help="Your own scenarios (TOML).")
@click.option(
    "--success",
    type=_Pattern(),
    metavar="PATTERN",
    help="The program claims success if its output matches. By default exit code 0.",
)
@click.option(
    "--unknown",
    type=_Pattern(),
    metavar="PATTERN",
    help="The program reports an unknown outcome if its output matches. By default exit code 3.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=3600),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest time of a run.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    help="Number of scenarios to play at the same time.",
)
@click.option("--expect", type=_FILE, metavar="FILE", help="Accepted deviations (TOML).")
@click.option(
    "--serve", is_flag=True, help="Offer the scenarios at URLs, and judge them after Ctrl-C."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="Port to listen at. 0 for any free port.",
)
@click.option(
    "--by-account",
    is_flag=True,
    help="One URL for all scenarios. The username USER@SCENARIO selects the scenario.",
)
@click.option("--username", default="demo", show_default=True, help="The account.")
@click.option("--junitxml", type=_FILE, metavar="FILE", help="Write a JUnit report.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write a report as one HTML page.")
@click.option(
    "--language",
    type=click.Choice(["en", "es"]),
    help="Language of the HTML page and the texts. The default is the terminal's.",
)
@click.option(
    "--example",
    type=click.Choice(_EXAMPLES),
    help="Print a small client in this language that passes.",
)
@profile_option
@json_option
@click.pass_context
def rehearse(  # noqa: PLR0917 - click passes by name
    context: click.Context,
    command: tuple[str, ...],
    listed: bool,
    chosen: tuple[str, ...],
    own: Path | None,
    success: re.Pattern[str] | None,
    unknown: re.Pattern[str] | None,
    timeout: float,
    jobs: int,
    expect: Path | None,
    serve: bool,
    host: str,
    port: int,
    by_account: bool,
    username: str,
    junitxml: Path | None,
    html: Path | None,
    language: Language | None,
    example: str | None,
    profile: str | None,
) -> None:
    """Run COMMAND, a program that sends one SMS, through every situation of the gateway.

    COMMAND is run once for each scenario, against a mock gateway on this machine. Put -- before it.
    {number}, {message}, {extra}, {base_url}, {wsdl_url} and {username} in its arguments are
    replaced by values. They are also in the environment as CONVERGIA_NUMBER and so on. The password
    is only in CONVERGIA_PASSWORD.

    The exit code is 0 if no rule is broken, even with remarks. It is 1 if a rule is broken or an
    accepted deviation no longer occurs, and 2 for wrong arguments.
    """
    from convergia_sms.cli._language import language as language_of_the_terminal

    from .programs import ProgramError
    from .wording import wording

    if example is not None:
        from .examples import example_source

        click.echo(example_source(example), nl=False)
        return
    language = language or language_of_the_terminal()
    words = wording(language)
    scenarios = _scenarios(profile, own, chosen)
    if listed:
        _print_list(scenarios, words)
        return
    if serve == bool(command):
        raise UsageFailure(
            "give either a COMMAND or --serve",
            "convergia rehearse -- php send.php {number} {message}",
        )
    deviations = _deviations(expect)
    from .observation import Claims
    from .stage import Stage

    stage = Stage(
        _profile(profile), username, _given_password(serve=serve),
        by_account=by_account, host=host, port=port, timeout=timeout,
    )  # fmt: skip
    _bind(stage, host, port)
    try:
        with stage:
            if serve:
                from .serving import Offers

                result = _serve(Offers(stage, scenarios, deviations))
            else:
                from .rehearsal import Rehearsal
                from .reports.table import RehearsalProgress

                rehearsal = Rehearsal(
                    stage, command, Claims(success, unknown), deviations, timeout, jobs
                )
                bar = not json_wanted() and sys.stderr.isatty()
                with RehearsalProgress(len(scenarios), enabled=bar) as progress:
                    result = rehearsal.play(scenarios, progress)
    except ProgramError as error:
        raise UsageFailure(str(error), "check the path of the program") from None
    _report(result, words, language, junitxml, html)
    if json_wanted():
        from .reports.document import document

        print_json(document(result, words))
    else:
        from .reports.table import print_result

        print_result(result, words)
    context.exit(1 if result.failed else 0)


def _profile(path: str | None) -> Profile:
    from convergia_wsdl import ContractError, load_profile

    try:
        return load_profile(path)
    except ContractError as error:
        raise UsageFailure(str(error)) from None


def _scenarios(
    profile: str | None, own: Path | None, chosen: tuple[str, ...]
) -> tuple[Scenario, ...]:
    from convergia_wsdl import load_guide

    from .scenarios import ScenarioError, built_in, choose, load

    known = built_in(load_guide(), _profile(profile))
    try:
        added = load(own) if own else ()
    except ScenarioError as error:
        raise UsageFailure(f"--scenarios: {error}", "correct the file") from None
    try:
        return choose((*known, *added), chosen)
    except ScenarioError as error:
        raise UsageFailure(str(error), "`convergia rehearse --list` lists them") from None


def _deviations(path: Path | None) -> tuple[Deviation, ...]:
    from .expectations import ExpectationError, load_deviations

    if path is None:
        return ()
    try:
        return load_deviations(path)
    except ExpectationError as error:
        raise UsageFailure(str(error)) from None


def _given_password(*, serve: bool) -> str | None:
    """Return a known password for a person, or None for a random one for a program."""
    return (os.environ.get("CONVERGIA_PASSWORD") or "demo") if serve else None


def _bind(stage: Stage, host: str, port: int) -> None:
    """Bind the stage's port.

    Raises:
        CommandFailure: the address is not available.
    """
    try:
        stage.server.bind()
    except OSError as error:
        raise CommandFailure(
            f"cannot listen at {host} port {port}: {error.strerror or error}",
            "choose another --host or --port",
        ) from None


def _print_list(scenarios: tuple[Scenario, ...], words: Wording) -> None:
    from convergia_sms.cli._table import print_table

    from .reports.document import listing
    from .rules import RULES

    if json_wanted():
        print_json(listing(scenarios, words))
        return
    print_table(
        ("scenario", "what happens"), [(each.name, words.title(each)) for each in scenarios]
    )
    print_table(
        ("rule", "severity", "what it finds"),
        [(rule.name, rule.severity, words.rule[rule.name].title) for rule in RULES.values()],
    )


def _serve(offers: Offers) -> RehearsalResult:
    """Offer the scenarios until Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        _print_offers(offers)
        while not stopped.wait(0.5):  # on Windows an endless wait would not receive signals
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return offers.judge()


def _print_offers(offers: Offers) -> None:
    from convergia_sms.cli._table import print_table

    listed = offers.list()
    if json_wanted():
        # Print one line, so that a reader knows when it may begin. The result follows.
        print_json({"offers": listed}, line=True)
        sys.stdout.flush()
        return
    print_table(
        ("scenario", "base URL", "username", "number", "message"),
        [
            (
                each.scenario,
                each.base_url,
                each.username,
                each.numbers[0] + (f" … {each.numbers[-1]}" if len(each.numbers) > 1 else ""),
                each.message,
            )
            for each in listed
        ],
    )
    after = translated("Send these messages, then press Ctrl-C to see the verdicts.")
    click.echo(after, err=True)
    sys.stdout.flush()


def _report(
    result: RehearsalResult,
    words: Wording,
    language: Language,
    junitxml: Path | None,
    html: Path | None,
) -> None:
    try:
        if junitxml is not None:
            from .reports.junit import write_junit

            write_junit(result, words, junitxml)
        if html is not None:
            from .reports.page import write_page

            write_page(result, words, language, html)
    except OSError as error:
        raise CommandFailure(f"{error.filename} cannot be written: {error.strerror}") from None
