"""Errors for people at a terminal: cause, hint and exit code."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import click

from convergia_sms._errors import (
    AddressNotAllowedError,
    AuthenticationError,
    ConnectionFailedError,
    ConvergiaError,
    GatewayFaultError,
    GatewayUnavailableError,
    InvalidNumberError,
    LiveGatewayBlockedError,
    MessageNotFoundError,
    MessageTooLongError,
    MissingParameterError,
    NotSentError,
    OutcomeUnknownError,
    PasswordUnavailableError,
    QueryFailedError,
    QuotaExceededError,
    RecipientNotAllowedError,
    RejectedError,
    SendFailedError,
    TrafficNotAllowedError,
    caught_as,
)

from ._json import json_lines, json_wanted, print_json
from ._language import language, translated
from ._log_lines import error_line, log_format
from ._output import visible
from ._streams import interrupt_on_signals

if TYPE_CHECKING:
    from collections.abc import Iterator

FIX_PROFILE = "correct the profile, or unset CONVERGIA_PROFILE"
ALLOW_LIVE = (
    "set CONVERGIA_BASE_URL to a mock server, or unset CONVERGIA_FORBID_LIVE if you mean the live"
    " gateway"
)
FIX_SETTING = "correct the option or the variable; `convergia --help` lists them"

# From the specific to the general: the first class that matches is used.
_CURES: tuple[tuple[type[ConvergiaError], str], ...] = (
    (
        AuthenticationError,
        "check CONVERGIA_USERNAME and CONVERGIA_PASSWORD: they are the portal's user and password",
    ),
    (AddressNotAllowedError, "ask Convergia to allow this machine's public IP address"),
    (QuotaExceededError, "ask Convergia for a larger allowance, or wait until it is renewed"),
    (TrafficNotAllowedError, "ask Convergia which destinations and hours the account may use"),
    (MessageTooLongError, "shorten the text: `convergia send --dry-run` counts it"),
    (InvalidNumberError, "check the number: 10 digits, area code first"),
    (MissingParameterError, "give user, password, number and text; none may be empty"),
    (GatewayUnavailableError, "it was not sent; such errors are temporary, so try again later"),
    (SendFailedError, "it was not sent; if the error persists, ask Convergia"),
    (RejectedError, "ask Convergia what this code means; the guide does not list it"),
    (
        ConnectionFailedError,
        "nothing was sent; check CONVERGIA_BASE_URL and the network, or run `convergia doctor`",
    ),
    (LiveGatewayBlockedError, ALLOW_LIVE),
    (PasswordUnavailableError, "nothing was sent; check CONVERGIA_PASSWORD_FILE"),
    (
        RecipientNotAllowedError,
        "add the number to CONVERGIA_ALLOWED_NUMBERS, or unset it if every number may be texted",
    ),
    (
        NotSentError,
        "nothing was sent; `convergia wsdl refresh` stores the gateway's own WSDL",
    ),
    (GatewayFaultError, "the service refused the call; its error text says why"),
    (MessageNotFoundError, "check the id and the account: an account sees only its own messages"),
    (QueryFailedError, "nothing was sent; ask again later, or run `convergia doctor`"),
)
# After an unknown outcome, the portal shows whether the message was sent. The other hints help to
# avoid another one.
_PORTAL = "look in the portal before you send it again"
_AFTER_UNKNOWN = {
    "portal": _PORTAL,
    "probe": f"{_PORTAL}; `convergia probe --output DIR` writes a profile that describes the "
    "gateway's replies",
    "wsdl": f"{_PORTAL}; `convergia wsdl refresh` stores the gateway's own WSDL",
    "doctor": f"{_PORTAL}; `convergia doctor` shows what answers at that address",
}


class CommandFailure(click.ClickException):
    """Ends the command with a cause, a hint and exit code 1 (rejected or not sent).

    Args:
        cause: the cause of the failure.
        cure: the hint, without a final full stop.
        in_json: True if the JSON on standard output already reports it.
        details: more fields for the JSON.
    """

    exit_code = 1
    outcome = "not-sent"

    def __init__(
        self, cause: str, cure: str = "", *, in_json: bool = False, **details: object
    ) -> None:
        super().__init__(cause)
        self.cure = cure
        self._details = details
        # Read these now: the command's context is gone when the error is shown.
        self._json = json_wanted() and not in_json
        self._line = json_lines()
        self._logs_json = log_format() == "json"
        context = click.get_current_context(silent=True)
        self._colour = None if context is None else context.color

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the error to standard error, and as JSON to standard output if requested."""
        if self._json:
            error = {"message": self.message, "cure": self.cure, **self._details}
            print_json({"outcome": self.outcome, "error": error}, line=self._line)
        if self._logs_json:
            more = {"outcome": self.outcome} | ({"cure": self.cure} if self.cure else {})
            line = error_line("command.failed", self.message, **more)
            click.echo(line, err=True, file=file)
            return
        text = f"Error: {visible(translated(self.message))}"
        click.secho(text, fg="red", bold=True, err=True, file=file, color=self._colour)
        if self.cure:
            click.echo(translated(f"Hint: {self.cure}"), err=True, file=file)


class Rejection(CommandFailure):
    """Exit code 1: the gateway rejected the message or the query."""

    outcome = "rejected"


class UnknownFailure(CommandFailure):
    """Exit code 3: the message may have been sent."""

    exit_code = 3
    outcome = "unknown"


class UnreachableFailure(CommandFailure):
    """Exit code 4: the gateway is unreachable, and the command sends nothing."""

    exit_code = 4
    outcome = "unreachable"


class UsageFailure(CommandFailure):
    """Exit code 2: wrong arguments, settings or installation."""

    exit_code = 2
    outcome = "usage"


def failure(error: ConvergiaError) -> CommandFailure:
    """Return the failure that ends a command for `error`."""
    cause = str(error) or type(error).__name__
    cure = next((cure for kind, cure in _CURES if isinstance(error, kind)), "")
    name = caught_as(type(error))
    if isinstance(error, RejectedError):
        return Rejection(cause, cure, type=name, code=error.code, retryable=error.retryable)
    if isinstance(error, OutcomeUnknownError):
        return UnknownFailure(
            cause,
            _AFTER_UNKNOWN[error.cure],
            type=name,
            http_status=error.http_status,
            fault=error.fault or None,
            reply=error.raw.decode("utf-8", "replace") or None,
        )
    if isinstance(error, QueryFailedError):
        if error.reason == "blocked":
            return CommandFailure(cause, ALLOW_LIVE, type=name, reason=error.reason)
        kind = UnreachableFailure if error.reason == "unreachable" else UnknownFailure
        return kind(cause, cure, type=name, reason=error.reason)
    if isinstance(error, AuthenticationError):
        return Rejection(cause, cure, type=name, code=error.code)
    if isinstance(error, GatewayFaultError):
        return Rejection(
            cause, cure, type=name, code=error.code, text=error.text, detail=error.detail or None
        )
    return CommandFailure(cause, cure, type=name)


@contextmanager
def interruptible() -> Iterator[None]:
    """Tell after Ctrl-C, SIGTERM or SIGHUP that the block's request may have been carried out.

    "Aborted!" alone would mean that it was not.

    Raises:
        OutcomeUnknownError: the request was already written.
    """
    interrupt_on_signals()
    try:
        yield
    except KeyboardInterrupt as interruption:
        # The client raises OutcomeUnknownError as the cause if the request was already written.
        if isinstance(interruption.__cause__, OutcomeUnknownError):
            raise interruption.__cause__ from None
        raise


@contextmanager
def shown_in_spanish() -> Iterator[None]:
    """Show click's own errors, and its message for Ctrl-C, in the user's language."""
    try:
        yield
    except CommandFailure:
        raise
    except click.ClickException as error:
        raise error if language() == "en" else _InSpanish(error) from error
    except (click.Abort, EOFError, KeyboardInterrupt) as error:
        if language() == "en":
            raise
        raise _AbortedInSpanish from error


class _InSpanish(click.ClickException):
    """Shows another error in Spanish."""

    def __init__(self, error: click.ClickException) -> None:
        super().__init__(error.message)
        self._error = error
        vars(self)["exit_code"] = error.exit_code

    def show(self, file: IO[Any] | None = None) -> None:
        written = io.StringIO()
        self._error.show(written)
        usage, mark, error = written.getvalue().rstrip("\n").partition("Error: ")
        # The catalogue has our texts of several lines as one, but those of click line by line.
        whole = translated(error)
        lines = usage.splitlines()
        lines += [f"{mark}{whole}"] if whole != error else f"{mark}{error}".splitlines()
        for line in lines:
            click.echo(translated(line), err=True, file=file)


class _AbortedInSpanish(click.ClickException):
    def __init__(self) -> None:
        super().__init__("Aborted!")

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"\n{translated(self.message)}", err=True, file=file)
