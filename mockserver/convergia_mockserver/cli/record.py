"""`convergia record`: a local proxy that records a gateway's replies."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from .language import translated


def _password() -> str | None:
    """Return the password from the environment or from the file that it names, or None."""
    password = os.environ.get("CONVERGIA_PASSWORD") or None
    file = os.environ.get("CONVERGIA_PASSWORD_FILE")
    if password is not None or not file:
        return password
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise click.ClickException(f"CONVERGIA_PASSWORD_FILE: {file}: {reason}") from None
    return text.removesuffix("\n").removesuffix("\r")


@click.command()
@click.argument("url")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write to. A session is appended to it.",
)
@click.option(
    "--check",
    "checked",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Repeat the requests of a recording that cost nothing, and show what has changed.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    default=8182,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 for any free port.",
)
@click.option("--redact-numbers", is_flag=True, help="Do not write numbers.")
@click.option("--redact-texts", is_flag=True, help="Do not write texts and extras.")
@click.option(
    "--profile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="CONVERGIA_PROFILE",
    help="TOML file of assumptions (also CONVERGIA_PROFILE).",
)
def record(  # noqa: PLR0917 - click passes by name
    url: str,
    output: Path | None,
    checked: Path | None,
    host: str,
    port: int,
    redact_numbers: bool,
    redact_texts: bool,
    profile: Path | None,
) -> None:
    """Pass a session on to the gateway at URL and record it, until Ctrl-C.

    Point your client at the address that is shown. Messages are really sent and must be paid for.
    The password (CONVERGIA_PASSWORD, CONVERGIA_PASSWORD_FILE, or a prompt) is never written. Replay
    a recording with `convergia mockserver --replay FILE`.

    With --check FILE nothing is recorded, and requests that cost nothing are repeated. The exit
    code is 0 if nothing has changed, 1 if something has, and 4 if the gateway does not answer.
    """
    from convergia_wsdl import is_base_url, live_url_blocked, load_guide, load_profile

    from convergia_mockserver.recording.proxy import RecordingProxy, RecordingSession

    if (output is None) == (checked is None):
        raise click.UsageError("give either --output FILE or --check FILE")
    if not is_base_url(url):
        # The URL is not shown, because it may contain a password.
        raise click.BadParameter(
            "it must be 'http://host:port', with a path if needed", param_hint="URL"
        )
    if (reason := live_url_blocked(url)) is not None:
        raise click.ClickException(f"{reason}. Unset it to record what the live gateway answers.")
    password = _password()
    if password is None:
        password = click.prompt(translated("Password"), hide_input=True, err=True)
    if checked is not None:
        _check(checked, url.rstrip("/"), password or "", profile)
        return
    assert output is not None  # noqa: S101 - one of the two was given
    session = RecordingSession(
        url.rstrip("/"), output, password or "", numbers=redact_numbers, texts=redact_texts
    )
    try:
        proxy = RecordingProxy(session, load_guide(), load_profile(profile), host=host, port=port)
    except OSError as error:
        if error.filename is not None:
            raise click.ClickException(
                f"--output: {output} cannot be written: {error.strerror}\nHint: name another file"
            ) from error
        raise click.ClickException(
            f"cannot listen at {host} port {port}: {error.strerror or error}\n"
            "Hint: choose another --host or --port"
        ) from error
    click.echo(translated(f"Recording {url} at {proxy.base_url}, into {output}. Stop with Ctrl-C."))
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(proxy):
        proxy.serve()


def _check(recording: Path, url: str, password: str, profile: Path | None) -> None:
    from convergia_wsdl import load_guide, load_profile

    from convergia_mockserver.recording import RecordingError, load_recording, load_sessions
    from convergia_mockserver.recording.checking import UnreachableError, check

    assumed = load_profile(profile)
    verdicts = {
        "same": translated("same"),
        "changed": translated("changed"),
        "not sent": translated("not sent"),
    }
    counts = dict.fromkeys(verdicts, 0)
    try:
        for session in load_sessions(recording):
            click.echo(translated(f"recorded {session.recorded} from {session.gateway}"))
            if session.wsdl_sha256 != assumed.wsdl_digest():
                warning = translated(
                    "the recording used another WSDL; requests are written by the current one"
                )
                click.echo(warning, err=True)
            if session.profile_sha256 != assumed.digest():
                warning = translated(
                    "the recording used another profile; requests are written by the current one"
                )
                click.echo(warning, err=True)
        for each in check(load_recording(recording), url, password, load_guide(), assumed):
            counts[each.verdict] += 1
            click.echo(f"{verdicts[each.verdict]:9} {each.asked}")
            if each.verdict == "changed":
                click.echo(f"          {translated('was:')} {each.was}")
                click.echo(f"          {translated('now:')} {each.now}")
    except RecordingError as error:
        raise click.ClickException(str(error)) from None
    except UnreachableError as error:
        click.echo(translated(f"Error: the gateway does not answer: {error}"), err=True)
        raise click.exceptions.Exit(4) from None
    click.echo(
        translated(
            f"{counts['same']} same, {counts['changed']} changed, {counts['not sent']} not sent:"
            " sends that cost money, and requests that the profile does not explain"
        )
    )
    if counts["changed"]:
        raise click.exceptions.Exit(1)
