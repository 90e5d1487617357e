"""What both clients are: settings, what is done to a message, and a conversation to have."""

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
    """The gateway will put `?` in place of some of a text's characters, and answer 100."""


class BaseClient:
    """A client without its I/O.

    Args:
        username: the account's user; else CONVERGIA_USERNAME.
        password: its password, or a function that returns it (for `AsyncClient` also an async one),
            asked at each new request; else CONVERGIA_PASSWORD or CONVERGIA_PASSWORD_FILE.
        settings: resolved settings, in place of username, password and `options`.
        retries: what is tried again; by default failed connections and status queries.
        strict: refuse a text that the gateway would silently damage, instead of warning.
        transliterate: send `transliterate(message).text`; `Receipt.sent_text` reports a change.
        before_request: called before each request; what it raises ends the call. Not async.
        after_request: called after each request; what it raises is logged. Not async.
        telemetry: True writes OpenTelemetry spans and metrics where its API is installed (the
            `otel` extra); a `Telemetry` does so its own way; False does not.
        options: `base_url`, `transport`, `timeout`, `profile`, `proxy`, `ca_file`, `client_cert`:
            see `SettingOptions`.

    Raises:
        ValueError: a setting is missing or malformed; no message shows a password.
        ContractError: the profile cannot be read (a `ValueError` too).
        TypeError: an argument of another type, or `settings` beside another setting.
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
        """Log that messages do not go to everybody: in production that is a mistake."""
        settings = self._settings
        if settings.redirect_to is not None:
            log.warning("every message is redirected to one number (redirect_to)")
        if settings.allowed_numbers is not None:
            count = len(settings.allowed_numbers)
            log.warning("only the %d of allowed_numbers may get a message", count)

    def _start(self) -> None:
        """Do what a kind of client does when it is built."""
        raise NotImplementedError

    def __repr__(self) -> str:
        settings: Settings | None = getattr(self, "_settings", None)
        if settings is None:  # they were refused; a traceback may show what was half built
            return f"<{type(self).__name__} without settings>"
        return (
            f"{type(self).__name__}(username={settings.username!r}, "
            f"base_url={settings.base_url!r}, transport={settings.transport!r})"
        )

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def preview(self, number: str, message: str) -> Preview:
        """Return what sending would do: the number, the segments, what the gateway would damage.

        Raises:
            ValueError: not a Mexican number.
        """
        settings = self._settings
        return preview(number, message, transport=settings.transport, profile=settings.profile)

    def _build(self) -> tuple[Endpoint, Conversation]:
        """Where the gateway is, and what all calls share. Reads WSDL and certificates: slow.

        Raises:
            ContractError: the WSDL cannot be read, or its binding cannot be decided.
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
        """Return the message as it goes out.

        Raises:
            RecipientNotAllowedError: the number is not an allowed one.
            ValueError: not a Mexican number; or, when strict, a text that would be damaged.
            TypeError: an argument that is not a `str`.
        """
        digits, intended = self._recipient(normalize(number))
        check_text("message", message)
        if extra is not None:
            check_text("extra", extra)
            self._mind_damage(extra, "that is in extra: spell it otherwise")
        if message.isascii():
            return Outgoing(digits, message, redirected_from=intended)
        settings = self._settings
        text = message
        if self._transliterate:
            text = transliterate(message, charset(settings.profile, settings.transport)).text
        self._mind_damage(text, "transliterate=True sends stand-ins, preview() shows them")
        return Outgoing(digits, text, changed=text != message, redirected_from=intended)

    def _recipient(self, digits: str) -> tuple[str, str | None]:
        """Return the number that a message goes to, and the one it was meant for if that differs.

        Raises:
            RecipientNotAllowedError: it is not an allowed one.
        """
        settings = self._settings
        goes_to = settings.redirect_to or digits
        if settings.allowed_numbers is not None and goes_to not in settings.allowed_numbers:
            # Errors get logged, and a number is personal data.
            raise RecipientNotAllowedError(
                f"the number that ends in {goes_to[-2:]} is not among allowed_numbers"
                f" ({len(settings.allowed_numbers)}): nothing was sent"
            )
        return goes_to, None if goes_to == digits else digits

    def _mind_damage(self, text: str, cure: str) -> None:
        if text.isascii():
            return
        settings = self._settings
        lost = damage(text, settings.profile, settings.transport)
        if not lost:
            return
        told = (
            f"over {settings.transport} the gateway would silently replace "
            f"{', '.join(map(ascii, lost))}; {cure}"
        )
        if self._strict:
            raise ValueError(told)
        warnings.warn(told, DamagedTextWarning, stacklevel=4)


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
        raise TypeError(f"telemetry: True, False or Telemetry(…), not {type(wanted).__name__}")
    return wanted.start


def _codec(settings: Settings, endpoint: Endpoint) -> Codec:
    guide = load_guide()
    if settings.transport == "http":
        from convergia_sms._codecs.http_get import HttpCodec

        return HttpCodec(guide, settings.profile, endpoint.path)
    # zeep comes with this one: who uses HTTP alone does not wait for it.
    from convergia_sms._codecs.soap import SoapCodec

    return SoapCodec(guide, settings.profile, endpoint.path)
