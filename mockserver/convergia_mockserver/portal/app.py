"""The routes of the portal, with common headers, error pages and access checks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from convergia_mockserver.gateway import SpaceLimitError, SpaceNameError
from convergia_mockserver.gateway.storage import StorageError
from convergia_mockserver.server.app import SPACE, TRANSPORT

from .actions import Actions
from .event_stream import EventStream
from .forms import read_form
from .inbox_pages import InboxPages
from .journal_pages import JournalPages
from .login import LoginPages
from .report_pages import ReportPages
from .site import Site

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from convergia_mockserver.server.dispatch import Dispatcher

    from .site import Visit

    Page = Callable[[Visit], Response]
    Action = Callable[[Visit, Mapping[str, str]], Response]

_log = logging.getLogger(__name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(dispatcher: Dispatcher) -> ASGIApp:
    """Return the app that is mounted at `/portal`."""
    site = Site(dispatcher)
    login, inbox, journal = LoginPages(site), InboxPages(site), JournalPages(site)
    report, actions = ReportPages(site), Actions(site)

    def page(path: str, show: Page) -> Route:
        async def endpoint(request: Request) -> Response:
            visit = site.visit(request)
            if visit.session is None:
                return login.to_login(visit)
            # A page may search all messages, so it runs in the few search threads, not on the loop.
            return await site.world.searches.run(show, visit)

        return Route(path, endpoint, methods=["GET"])

    def action(path: str, act: Action, *, controls: bool = True) -> Route:
        async def endpoint(request: Request) -> Response:
            visit = site.visit(request)
            if visit.session is None:
                return login.to_login(visit)
            if controls and not site.may_control(visit.session):
                raise HTTPException(403)
            return act(visit, await read_form(site, request))

        return Route(path, endpoint, methods=["POST"])

    def refuse(request: Request, error: Exception) -> Response:
        status = 503 if isinstance(error, StorageError) else 500
        status = error.status_code if isinstance(error, HTTPException) else status
        try:
            visit = site.visit(request)
        except (SpaceNameError, SpaceLimitError, StorageError) as unfit:
            return PlainTextResponse(
                f"{unfit}\n", 404 if isinstance(unfit, SpaceNameError) else 503
            )
        return site.render(visit, "error.html", status=status, code=status)

    routes = [
        page("/", inbox.show),
        page("/messages/{message_id}", inbox.message),
        page("/requests", journal.show),
        page("/requests/{number}", journal.entry),
        page("/report", report.show),
        page("/report.csv", report.csv),
        page("/send", actions.compose),
        page("/events", EventStream(site).stream),
        action("/send", actions.send, controls=False),
        action("/messages/{message_id}/state", actions.set_state),
        action("/messages/{message_id}/delete", actions.delete),
        action("/scripts", actions.script),
        action("/scripts/remove", actions.remove_script),
        action("/clock", actions.set_clock),
        Route("/login", login.show, methods=["GET"]),
        Route("/login", login.log_in, methods=["POST"]),
        Route("/logout", login.log_out, methods=["POST"]),
        Route("/spaces", login.go, methods=["POST"]),
        Mount("/static", StaticFiles(packages=[(__package__ or "", "static")])),
    ]
    handlers: Mapping[object, Callable[[Request, Exception], Response]] = dict.fromkeys(
        (HTTPException, SpaceNameError, SpaceLimitError, StorageError), refuse
    )
    return _guarded(
        cast("ASGIApp", Starlette(routes=routes, exception_handlers=handlers)), dispatcher
    )


def _guarded(app: ASGIApp, dispatcher: Dispatcher) -> ASGIApp:
    """Wrap the app to add headers to every reply and to record its errors."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        path = cast("str", scope["path"]).removeprefix(cast("str", scope["root_path"]))

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(raw=cast("list[tuple[bytes, bytes]]", message["headers"]))
                headers.update(_HEADERS)
                # A page holds a token and private messages. A static file may be cached.
                kept = path.startswith("/static/")
                headers["cache-control"] = "no-cache" if kept else "no-store"
            await send(message)

        try:
            await app(scope, receive, send_guarded)
        except ConnectionError:
            return  # the client disconnected before it had sent its whole form
        except Exception as error:
            transport = cast("asyncio.Transport | None", scope.get(TRANSPORT))
            if isinstance(error, RuntimeError) and transport and transport.is_closing():
                return  # the client disconnected before the reply was written
            _log.exception("the portal failed")
            dispatcher.world.failed(error, cast("str", scope[SPACE]))
            if started:
                raise
            response = PlainTextResponse("the portal failed; see the log of the server\n", 500)
            await response(scope, receive, send_guarded)

    return guarded
