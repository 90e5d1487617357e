"""Webhooks: signed notifications of final states, posted from the store with retries.

The signature follows https://www.standardwebhooks.com, which has libraries to verify it in many
languages.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convergia_wsdl import load_profile
from sqlalchemy import bindparam, func, select, update

from convergia_sms._codecs.wire import Request
from convergia_sms._exchange import Failure
from convergia_sms._settings import Settings, SettingsError
from convergia_sms._timeouts import Timeout
from convergia_sms._transports.aio import AsyncTransport
from convergia_sms._transports.endpoint import endpoint_of, locate

from ._log import log_event
from ._policy import RetryPolicy
from ._pump import Pump
from ._schema import pending, webhooks

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ._outbox import Outbox

__all__ = ["WebhookSender", "sign_webhook", "verify_webhook"]

_PREFIX = "whsec_"
# Seconds for which a notification is accepted after it was signed. An older one may be a replay.
_TOLERANCE = 300
_OK = range(200, 300)
# Notifications taken at once for each concurrent post. They take at most this many timeouts.
_ROUNDS = 4
_EVENTS = {
    "delivered": ("webhook.delivered", logging.INFO),
    "pending": ("webhook.retried", logging.INFO),
    "failed": ("webhook.failed", logging.WARNING),
}


def sign_webhook(secret: str, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002
    """Return the `webhook-signature` header: HMAC-SHA256 over id, timestamp and body.

    Args:
        secret: `whsec_` and base64, or any text.
        id: the `webhook-id` header.
        timestamp: the `webhook-timestamp` header, seconds since 1970.
        body: the body as it is sent.
    """
    signed = b".".join((id.encode(), str(timestamp).encode(), body))
    digest = hmac.digest(_key(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> bool:
    """Return True if a notification was signed with `secret` in the last five minutes.

    For receivers. Timestamps up to five minutes in the future are accepted too.

    Args:
        secret: the sender's secret.
        headers: the request's headers, with names in any case.
        body: the request's body, unchanged.
        now: seconds since 1970. The current time if None.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        timestamp = int(lower["webhook-timestamp"])
        expected = sign_webhook(secret, lower["webhook-id"], timestamp, body)
        offered = lower["webhook-signature"].split()
        age = (time.time() if now is None else now) - timestamp
    except (KeyError, ValueError, OverflowError):
        return False
    if abs(age) > _TOLERANCE:
        return False
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in offered)


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    return secret.encode()


@dataclass(frozen=True, slots=True)
class _Notification:
    id: int
    body: str = field(repr=False)
    attempts: int


@dataclass(frozen=True, slots=True)
class _Delivery:
    id: int
    state: str
    delay: float
    detail: str | None


class WebhookSender:
    """Posts the notifications that a `Poller(webhook=True)` puts into the store.

    Each is posted until a 2xx answer, or until `retry` gives up: at least once, and in any order.
    `webhook-id` stays the same, so that a receiver can recognise a duplicate.

    Args:
        outbox: the outbox that holds the notifications.
        url: the receiver's http or https URL. Redirects are not followed.
        secret: `whsec_` and base64, or any text. The receiver verifies the signature with the same
            secret.
        retry: the policy for posts that failed. If None, the sender gives up after 15 failed posts.
        timeout: seconds for one post.
        concurrency: the most posts in flight.
        proxy: the URL of an HTTP proxy. CONVERGIA_PROXY if None.
        ca_file: PEM file of the authorities to trust for https. CONVERGIA_CA_FILE if None.
        client_cert: PEM file of a client certificate and its key. CONVERGIA_CLIENT_CERT if None.

    Raises:
        ValueError: the URL, secret, proxy or a certificate file cannot be used. The error never
            shows the secret or the URL.
    """

    def __init__(
        self,
        outbox: Outbox,
        url: str,
        secret: str,
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 10.0,
        concurrency: int = 8,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        client_cert: str | os.PathLike[str] | None = None,
    ) -> None:
        if not secret:
            raise ValueError("the secret must not be empty")
        _key(secret)
        retry = retry or RetryPolicy(budget=15)
        receiver = _Receiver(url, timeout, proxy, ca_file, client_cert)
        self._job = _Posting(outbox, receiver, secret, retry)
        self._pump: Pump[_Notification, _Delivery] = Pump(
            self._job, concurrency, concurrency * _ROUNDS
        )

    def stop(self) -> None:
        """Stop posting. `run` returns when the posts in flight are recorded."""
        self._pump.stop()

    async def run(self, *, until_done: bool = False) -> None:
        """Post notifications until `stop`.

        Args:
            until_done: also return when no notification is pending any more.
        """
        async with self._job.session():
            await self._pump.run(until_done=until_done)


_w = webhooks.c
# `pending` is a literal: databases do not use a partial index for a bound parameter.
_DUE = (
    select(_w.id, _w.body, _w.attempts)
    .where(_w.account == bindparam("of"), pending, _w.due_at <= bindparam("now"))
    .order_by(_w.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_HIDE = (
    update(webhooks)
    .where(_w.id == bindparam("row"))
    .values(due_at=bindparam("then"), attempts=_w.attempts + 1)
)
_RECORD = (
    update(webhooks)
    # Another sender may have posted it meanwhile. `delivered` is never overwritten.
    .where(_w.id == bindparam("row"), pending | (bindparam("to") == "delivered"))
    .values(state=bindparam("to"), due_at=bindparam("then"), detail=bindparam("why"))
)


class _Receiver:
    """The endpoint that notifications are posted to."""

    def __init__(
        self,
        url: str,
        timeout: float,
        proxy: str | None,
        ca_file: str | os.PathLike[str] | None,
        client_cert: str | os.PathLike[str] | None,
    ) -> None:
        self.timeout = Timeout(connect=timeout, read=timeout, total=timeout)
        try:
            self._place = locate(url)
            # Without an account. Only the proxy and the certificates come from the environment.
            settings = Settings.resolve(
                "",
                "",
                base_url=self._place.origin,
                transport="http",
                timeout=self.timeout,
                profile=load_profile(),
                proxy=proxy,
                ca_file=ca_file,
                client_cert=client_cert,
            )
        except SettingsError:
            raise
        except ValueError as error:
            raise ValueError(f"url: {error}") from None
        self._endpoint = endpoint_of(settings)

    def connections(self) -> AsyncTransport:
        """Return a transport for the running event loop. It opens no connection yet."""
        return AsyncTransport(self._endpoint)

    def request(self, headers: Mapping[str, str], body: bytes) -> Request:
        """Return the request that posts a notification."""
        lines = tuple(headers.items())
        if self._place.authorization:
            lines += (("Authorization", self._place.authorization),)
        return Request("POST", self._place.target, lines, body)


class _Posting:
    """The `Job` of a webhook sender."""

    def __init__(
        self,
        outbox: Outbox,
        receiver: _Receiver,
        secret: str,
        retry: RetryPolicy,
    ) -> None:
        self._database = outbox.database
        self._account = outbox.account
        self._receiver = receiver
        self._secret = secret
        self._retry = retry
        self._connections: AsyncTransport | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Keep connections open, and close them at the end."""
        self._connections = self._receiver.connections()
        try:
            yield
        finally:
            await self._connections.close()

    def take(self, most: int) -> tuple[Sequence[_Notification], float]:
        """Take up to `most` notifications. Others skip them until their posts must have ended."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            due = {"of": self._account, "now": now, "most": most}
            found = connection.execute(_DUE, due).all()
            then = now + round(self._receiver.timeout.total * 1000) * (_ROUNDS + 1)
            if found:
                connection.execute(_HIDE, [{"row": one.id, "then": then} for one in found])
        return [_Notification(one.id, one.body, one.attempts) for one in found], 0.0

    async def handle(self, item: _Notification) -> _Delivery:
        """Post one notification."""
        problem = await self._post(item)
        if problem is None:
            return _Delivery(item.id, "delivered", 0, None)
        delay = self._retry.delay(item.attempts + 1)
        if delay is None:
            return _Delivery(item.id, "failed", 0, problem)
        return _Delivery(item.id, "pending", delay, problem)

    async def _post(self, item: _Notification) -> str | None:
        """Return what went wrong, or None if the receiver accepted the post."""
        assert self._connections is not None, "run opens the connections"  # noqa: S101
        body, timestamp = item.body.encode(), int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": str(item.id),
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign_webhook(self._secret, str(item.id), timestamp, body),
        }
        reply = await self._connections.request(
            self._receiver.request(headers, body), self._receiver.timeout
        )
        # The head alone decides: a 2xx counts even if the body is cut off.
        status = reply.http_status if isinstance(reply, Failure) else reply.status
        if status in _OK:
            return None
        return reply.reason if isinstance(reply, Failure) else f"HTTP {reply.status}"

    def record(self, results: Sequence[_Delivery]) -> None:
        """Record the results of the posts."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(
                _RECORD,
                [
                    {
                        "row": one.id,
                        "to": one.state,
                        "then": now + round(one.delay * 1000),
                        "why": one.detail,
                    }
                    for one in results
                ],
            )

    async def recorded(self, results: Sequence[_Delivery]) -> None:
        """Log which posts were accepted, will be retried, or have failed for good."""
        for one in results:
            event, level = _EVENTS[one.state]
            log_event(level, event, one.detail or "accepted", webhook=one.id)

    def remaining(self) -> bool:
        """Return True if any notification is pending."""
        waiting = (
            select(func.count()).select_from(webhooks).where(_w.account == self._account, pending)
        )
        with self._database.reading() as connection:
            return connection.execute(waiting).scalar_one() > 0
