"""Checks of `convergia doctor` that query the gateway. Nothing is sent that costs money."""

from __future__ import annotations

import ipaddress
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError, load_guide

from convergia_sms._codecs.wire import Request
from convergia_sms._counts import counted
from convergia_sms._errors import (
    AuthenticationError,
    ConvergiaError,
    MessageNotFoundError,
)
from convergia_sms._exchange import Failure
from convergia_sms._settings import SettingsError
from convergia_sms._text import damage
from convergia_sms._transports.blocking import BlockingTransport
from convergia_sms._transports.endpoint import endpoint_of
from convergia_sms._webservice.comparison import differences
from convergia_sms._webservice.description import describe
from convergia_sms._webservice.fetching import fetch_wsdl
from convergia_sms.cli._failures import ALLOW_LIVE, FIX_PROFILE, FIX_SETTING

from ._checks import ALLOWED_ADDRESS, Check, blocked

if TYPE_CHECKING:
    from convergia_sms._settings import Settings
    from convergia_sms._transports.endpoint import Endpoint

# An id that no gateway assigns: the mock's ids, and any auto-increment, start above it.
_NO_MESSAGE = "0"
_TOLERATED_SKEW = (
    60  # seconds; a larger difference confuses certificates and logs, the API has no times
)
_SECURE = Check("encryption", "done", "HTTPS: credentials travel encrypted")
_LOOPBACK = Check("encryption", "done", "plain HTTP, on this machine only")
_READABLE = Check(
    "encryption",
    "to do",
    "plain HTTP, as in the guide: user, password, numbers and texts travel readable, and over the"
    " http transport they stand in the URL, which proxies and servers write into their logs",
    "ask Convergia for an HTTPS address or a VPN and for a list of allowed IP addresses (202); use"
    " a password that opens nothing else; prefer the soap transport, which keeps it out of URLs",
)


def examine(settings: Settings) -> list[Check]:
    """Run all checks, in an order in which each needs the one before."""
    try:
        endpoint = endpoint_of(settings)
    except SettingsError as error:
        checks = [blocked("encryption", str(error), FIX_SETTING)]
        return checks + _unknown("network", "account", "WSDL", "replies", "clock")
    reached, date = _reach(settings, endpoint)
    checks = [reached, _proxy(endpoint), _encryption(endpoint)]
    if reached.blocking:
        return checks + _unknown("account", "WSDL", "replies", "clock")
    account = _account(settings)
    replies = [_replies(settings)] if account.verdict == "done" else _unknown("replies")
    return [*checks, account, ALLOWED_ADDRESS, _wsdl(settings), *replies, _clock(date)]


def _unknown(*names: str) -> list[Check]:
    return [Check(name, "cannot be known", "the gateway gave no answer to go by") for name in names]


def _proxy(endpoint: Endpoint) -> Check:
    if endpoint.proxy is None:
        return Check("proxy", "done", "none: requests go straight to the gateway")
    return Check("proxy", "done", "requests go through the proxy of CONVERGIA_PROXY")


def _encryption(endpoint: Endpoint) -> Check:
    if endpoint.scheme == "https":
        return _SECURE
    return _LOOPBACK if endpoint.proxy is None and _is_loopback(endpoint.host) else _READABLE


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reach(settings: Settings, endpoint: Endpoint) -> tuple[Check, str | None]:
    """Request the page of the web service's functions, and return its Date header too."""
    path = endpoint.path + load_guide().webservice.path
    started = time.monotonic()
    with closing(BlockingTransport(endpoint)) as transport:
        reply = transport.request(Request("GET", path), settings.timeout)
    took = f"{(time.monotonic() - started) * 1000:.0f} ms"
    if isinstance(reply, Failure):
        finding = f"{endpoint.origin} does not answer: {reply.reason}"
        cure = "check the address, the network, the firewall and the proxy"
        return blocked("network", finding, ALLOW_LIVE if reply.blocked else cure), None
    finding = f"GET {path} answers HTTP {reply.status} in {took}"
    date = reply.header("date")
    if reply.status == HTTPStatus.OK:
        return Check("network", "done", finding), date
    cure = (
        "set CONVERGIA_PROXY=http://user:password@host:port: the proxy requires a user and a"
        " password"
        if reply.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        else "check the address: the guide's web service is at that path"
    )
    return Check("network", "to do", finding, cure), date


def _clock(date: str | None) -> Check:
    try:
        theirs = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError):
        return Check("clock", "cannot be known", "the gateway does not tell its time")
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    skew = (datetime.now(UTC) - theirs).total_seconds()
    if abs(skew) <= _TOLERATED_SKEW:
        return Check("clock", "done", "agrees with the gateway's to a minute")
    which = "ahead of" if skew > 0 else "behind"
    return Check(
        "clock",
        "to do",
        f"this machine's is {abs(skew):.0f} s {which} the gateway's",
        "synchronise it (NTP), or compare the portal's times with care",
    )


def _account(settings: Settings) -> Check:
    """Query a message that does not exist. Only a known account gets the answer 6."""
    try:
        _ask_for_nothing(settings)
    except ContractError as error:
        return blocked("account", f"no call can be made: {error}", FIX_PROFILE)
    except AuthenticationError as error:
        cure = "check CONVERGIA_USERNAME and CONVERGIA_PASSWORD; the portal takes the same"
        if damage(
            settings.username + settings.reveal_password(), settings.profile, settings.transport
        ):
            cure = (
                f"a character of user or password is lost over {settings.transport}: use the"
                " other transport, or have the password changed"
            )
        return blocked("account", f"refused over {settings.transport}: {error}", cure)
    except ConvergiaError as error:
        finding = f"no answer that can be read over {settings.transport}: {error}"
        cure = "`convergia probe` finds out how this gateway answers and writes a profile of it"
        return blocked("account", finding, cure)
    return Check("account", "done", f"accepted over {settings.transport}")


def _replies(settings: Settings) -> Check:
    """Check whether the profile describes the reply, or only `auto` could read it."""
    reply = msgspec.structs.replace(settings.profile.reply, strict=True)
    strict = msgspec.structs.replace(settings.profile, reply=reply)
    try:
        _ask_for_nothing(replace(settings, profile=strict))
    except ConvergiaError:
        return Check(
            "replies",
            "to do",
            "understood, though the profile does not describe them",
            "`convergia probe --output DIR` writes a profile that does",
        )
    return Check(
        "replies",
        "done",
        "replies to status queries match the profile; `convergia probe` checks those to sends",
    )


def _ask_for_nothing(settings: Settings) -> None:
    from convergia_sms import Client

    with Client(settings=settings) as client, suppress(MessageNotFoundError):
        client.status(_NO_MESSAGE)


def _wsdl(settings: Settings) -> Check:
    try:
        served = describe(fetch_wsdl(settings), settings.base_url)
        profile = settings.profile
        found = differences(describe(profile.wsdl_bytes(), profile.wsdl), served)
    except (ContractError, ConvergiaError) as error:
        cure = "`convergia wsdl diff`, once the gateway serves it"
        return Check("WSDL", "cannot be known", f"no WSDL to compare: {error}", cure)
    if not found:
        return Check("WSDL", "done", "the gateway serves what is cached")
    finding = counted(
        len(found),
        f"the gateway's WSDL differs in 1 place: {found[0]}",
        f"the gateway's WSDL differs in {len(found)} places: {found[0]}",
    )
    cure = "`convergia wsdl diff` lists all; `convergia wsdl refresh --output DIR` caches its own"
    return Check("WSDL", "to do", finding, cure)
