"""The base of both clients: settings, preparation of messages, and the conversation."""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

from convergia_wsdl import load_guide

from convergia_sms._arguments import check_hook, check_text, retries_of
from convergia_sms._calls import Outgoing
from convergia_sms._codecs.operations import OperationCodec
from convergia_sms._codecs.wire import Credentials
from convergia_sms._conversation import Conversation
from convergia_sms._errors import RecipientNotAllowedError
from convergia_sms._lazy_operations import LazyOperations
from convergia_sms._numbers import normalize
from convergia_sms._observation import Observer
from convergia_sms._redaction import Redactor
from convergia_sms._retries import RetryBudget
from convergia_sms._settings import Settings, resolved
from convergia_sms._text import damage, preview, transliterate
from convergia_sms._text._damage import charset
from convergia_sms._transports.endpoint import endpoint_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from convergia_sms._codecs.wire import Codec
    from convergia_sms._observation import RequestInfo, ResponseInfo
    from convergia_sms._retries import Retries
    from convergia_sms._settings import PasswordSource, SettingOptions
    from convergia_sms._telemetry import Telemetry
    from convergia_sms._text import Preview
    from convergia_sms._transports.endpoint import Endpoint

__all__ = ["BaseClient", "DamagedTextWarning"]

log = logging.getLogger("convergia_sms")


class DamagedTextWarning(UserWarning):
    """Warns that the gateway will replace some characters of a text by `?` and answer 100."""


class BaseClient:
    """The parts of a client that do no I/O.

    Args:
        username: the account's user. CONVERGIA_USERNAME if None.
        password: the account's password, or a function that returns it (for `AsyncClient` also an
            async one) and is called for each new request. CONVERGIA_PASSWORD or
            CONVERGIA_PASSWORD_FILE if None.
        settings: resolved settings, in place of username, password and `options`.
        retries: what is retried. By default failed connections and status queries.
        strict: reject a text that the gateway would damage, instead of warning.
        transliterate: send `transliterate(message).text`. `Receipt.sent_text` reports a change.
        before_request: called before each request. An exception ends the call. Not async.
        after_request: called after each request. An exception is logged. Not async.
        telemetry: True records OpenTelemetry spans and metrics if its API is installed (the `otel`
            extra). A `Telemetry` records them in its own way. False records none.
        options: `base_url`, `transport`, `timeout`, `profile`, `proxy`, `ca_file`, `client_cert`:
            see `SettingOptions`.

    Raises:
        ValueError: a setting is missing or not valid. The error never shows a password.
        ContractError: the profile cannot be read (also a `ValueError`).
        TypeError: an argument has the wrong type, or `settings` is given beside another setting.
    """

    def __init__(
        self,
        username: str | None = None,
        password: PasswordSource | None = None,
        *,
        settings: Settings | None = None,
        retries: Retries | None = None,
        strict: bool = False,
        transliterate: bool = False,
        before_request: Callable[[RequestInfo], object] | None = None,
        after_request: Callable[[ResponseInfo], object] | None = None,
        telemetry: Telemetry | bool = True,
        **options: Unpack[SettingOptions],
    ) -> None:
        try:
            self._settings = (
                Settings.resolve(username, password, **options)
                if settings is None
                else resolved(settings, username=username, password=password, **options)
            )
        finally:
            # A traceback that shows variables (pytest -l, Sentry, rich) must find no password here.
            del password, options
        self._retries = retries_of(retries)
        self._strict = strict
        self._transliterate = transliterate
        check_hook("before_request", before_request)
        check_hook("after_request", after_request)
        self._observer = Observer(before_request, after_request, _telemetry(telemetry))
        self._warn_of_restrictions()
        self._start()

    def _warn_of_restrictions(self) -> None:
        """Log restrictions of recipients, which in production are a mistake."""
        settings = self._settings
        if settings.redirect_to is not None:
            log.warning("every message is redirected to one number (redirect_to)")
        if settings.allowed_numbers is not None:
            count = len(settings.allowed_numbers)
            log.warning("messages may go only to the numbers of allowed_numbers (%d)", count)

    def _start(self) -> None:
        """Do what the kind of client needs when it is built."""
        raise NotImplementedError

    def __repr__(self) -> str:
        settings: Settings | None = getattr(self, "_settings", None)
        if settings is None:  # they were rejected, and a traceback may show the unfinished object
            return f"<{type(self).__name__} without settings>"
        return (
            f"{type(self).__name__}(username={settings.username!r}, "
            f"base_url={settings.base_url!r}, transport={settings.transport!r})"
        )

    @property
    def settings(self) -> Settings:
        """The client's settings."""
        return self._settings

    def preview(self, number: str, message: str) -> Preview:
        """Return the number, the segments and the damage of a message, without sending it.

        Raises:
            ValueError: `number` is not a Mexican number.
        """
        settings = self._settings
        return preview(number, message, transport=settings.transport, profile=settings.profile)

    def _build(self) -> tuple[Endpoint, Conversation]:
        """Return the endpoint and the conversation. Slow: reads the WSDL and certificates.

        Raises:
            ContractError: the WSDL cannot be read, or its binding is not clear.
            ValueError: a certificate file cannot be read.
        """
        settings = self._settings
        endpoint = endpoint_of(settings)
        password = settings.password
        fixed, secret = (password, None) if isinstance(password, str) else (None, password)
        everybody = settings.allowed_numbers is None and settings.redirect_to is None
        conversation = Conversation(
            codec=_codec(settings, endpoint),
            credentials=Credentials(settings.username, fixed or ""),
            secret=secret,
            origin=endpoint.origin,
            guide=load_guide(),
            profile=settings.profile,
            retries=self._retries,
            budget=RetryBudget(),
            observer=self._observer,
            redactor=Redactor(fixed or "", endpoint.proxy_secret),
            operations=LazyOperations(
                lambda: OperationCodec(load_guide(), settings.profile, endpoint.path)
            ),
            goes_to=None if everybody else lambda number: self._recipient(normalize(number))[0],
        )
        return endpoint, conversation

    def _prepare(self, number: str, message: str, extra: str | None) -> Outgoing:
        """Return the message as it is sent.

        Raises:
            RecipientNotAllowedError: the number is not an allowed one.
            ValueError: `number` is not a Mexican number, or a strict client would damage the text.
            TypeError: an argument is not a `str`.
        """
        digits, intended = self._recipient(normalize(number))
        check_text("message", message)
        if extra is not None:
            check_text("extra", extra)
            self._check_damage(extra, "that is in extra: use other characters")
        if message.isascii():
            return Outgoing(digits, message, redirected_from=intended)
        settings = self._settings
        text = message
        if self._transliterate:
            text = transliterate(message, charset(settings.profile, settings.transport)).text
        self._check_damage(
            text, "transliterate=True replaces them with similar ones, preview() shows which"
        )
        return Outgoing(digits, text, changed=text != message, redirected_from=intended)

    def _recipient(self, digits: str) -> tuple[str, str | None]:
        """Return the number to send to, and the original one if that differs.

        Raises:
            RecipientNotAllowedError: the number is not an allowed one.
        """
        settings = self._settings
        goes_to = settings.redirect_to or digits
        if settings.allowed_numbers is not None and goes_to not in settings.allowed_numbers:
            # Show two digits only: errors are logged, and a number is personal data.
            raise RecipientNotAllowedError(
                f"the number that ends in {goes_to[-2:]} is not among allowed_numbers"
                f" ({len(settings.allowed_numbers)}): nothing was sent"
            )
        return goes_to, None if goes_to == digits else digits

    def _check_damage(self, text: str, cure: str) -> None:
        if text.isascii():
            return
        settings = self._settings
        lost = damage(text, settings.profile, settings.transport)
        if not lost:
            return
        problem = (
            f"over {settings.transport} the gateway would silently replace "
            f"{', '.join(map(ascii, lost))}; {cure}"
        )
        if self._strict:
            raise ValueError(problem)
        warnings.warn(problem, DamagedTextWarning, stacklevel=4)


def _telemetry(
    wanted: Telemetry | bool,
) -> Callable[[RequestInfo], Callable[[ResponseInfo], None]] | None:
    if wanted is False:
        return None
    if wanted is True:
        try:
            from convergia_sms._telemetry import Telemetry
        except ModuleNotFoundError:  # the `otel` extra is absent
            return None
        wanted = Telemetry()
    elif not hasattr(wanted, "start"):
        raise TypeError(
            f"telemetry must be True, False or a Telemetry, not {type(wanted).__name__}"
        )
    return wanted.start


def _codec(settings: Settings, endpoint: Endpoint) -> Codec:
    guide = load_guide()
    if settings.transport == "http":
        from convergia_sms._codecs.http_get import HttpCodec

        return HttpCodec(guide, settings.profile, endpoint.path)
    # Importing this imports zeep, which the http transport does not need.
    from convergia_sms._codecs.soap import SoapCodec

    return SoapCodec(guide, settings.profile, endpoint.path)
