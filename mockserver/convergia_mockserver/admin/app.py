"""The ASGI app of the admin API, which checks requests, calls handlers and encodes replies."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from convergia_mockserver.gateway import SpaceLimitError
from convergia_mockserver.gateway.storage import StorageError
from convergia_mockserver.gateway.valid_input import describe
from convergia_mockserver.server.app import CLOSING, SPACE
from convergia_mockserver.server.refusals import is_shortage, shortage

from .accounts import ACCOUNTS
from .clock import CLOCK
from .delivery_plans import PLANS
from .endpoints import Context
from .events import EVENTS
from .filters import converted
from .messages import MESSAGES
from .openapi import document
from .page import HEADERS, STYLE, render
from .problems import ProblemError, problem
from .requests import REQUESTS
from .scripts import RESERVED, SCRIPTS
from .server import SERVER
from .spaces import SPACES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from convergia_mockserver.server.dispatch import Dispatcher

    from .endpoints import Endpoint

GROUPS = (
    MESSAGES, REQUESTS, EVENTS, SCRIPTS, RESERVED, PLANS, CLOCK, ACCOUNTS, SPACES, SERVER,
)  # fmt: skip
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class _Slashed(Convertor[str]):
    """Like Starlette's `path`, but also for line breaks, and never empty."""

    regex = r"(?s:.+)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("slashed", _Slashed())


def create_app(dispatcher: Dispatcher) -> ASGIApp:
    """Return the app that is mounted at `/__admin`."""
    description = msgspec.json.encode(document(GROUPS, asks=dispatcher.access is not None))

    async def show_document(_: Request) -> Response:
        return Response(description, media_type="application/json", headers=_HEADERS)

    async def show_page(_: Request) -> Response:
        return Response(render(GROUPS), media_type="text/html", headers=HEADERS)

    async def show_style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css", headers=_HEADERS)

    routes = [
        Route("/", show_page, methods=["GET"]),
        Route("/openapi.json", show_document, methods=["GET"]),
        Route("/page.css", show_style, methods=["GET"]),
    ]
    routes += [
        Route(_route(endpoint), _handler(endpoint, dispatcher), methods=[endpoint.method])
        for group in GROUPS
        for endpoint in group.endpoints
    ]
    return cast(
        "ASGIApp",
        Starlette(routes=routes, exception_handlers={HTTPException: _problem_of_starlette}),
    )


def _route(endpoint: Endpoint) -> str:
    """Return the path for Starlette, where an account's name may contain slashes."""
    return re.sub(r"(/accounts/\{\w+)\}$", r"\1:slashed}", endpoint.path)


def _handler(
    endpoint: Endpoint, dispatcher: Dispatcher
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        context = Context(dispatcher, request.scope[SPACE], request.scope[CLOSING])
        try:
            given = await _given(endpoint, request)
            if inspect.iscoroutinefunction(endpoint.handler):
                result = await _while_connected(request, endpoint.handler(context, **given))
            elif endpoint.query is not None:
                # A search through 100,000 messages, or many searches, must not delay the faces.
                result = await context.world.searches.run(endpoint.handler, context, **given)
            else:
                result = await run_in_threadpool(endpoint.handler, context, **given)
        except ProblemError as error:
            return problem(error.status, error.detail)
        except (SpaceLimitError, StorageError) as error:
            return problem(503, str(error))
        except ClientDisconnect:
            return problem(400, "the client disconnected before it had sent its whole body")
        except OSError as error:
            if not is_shortage(error):
                raise
            return problem(503, shortage(error))
        except ValueError as error:  # errors of the gateway and of msgspec
            return problem(400, str(error))
        return _reply(endpoint, result)

    return serve


async def _while_connected(request: Request, handling: Coroutine[None, None, object]) -> object:
    """Return the result of a waiting handler. Cancel it if the client disconnects."""
    handler = asyncio.ensure_future(handling)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({handler, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not handler.done():
            raise ProblemError(408, "the client disconnected")
        return handler.result()
    finally:
        handler.cancel()
        gone.cancel()
        await asyncio.gather(handler, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _given(endpoint: Endpoint, request: Request) -> dict[str, object]:
    """Return the arguments for the handler.

    Raises:
        ValueError: if one is missing or malformed. The message names it.
        ProblemError: if the body is too large.
    """
    given: dict[str, object] = {}
    for name, kind in endpoint.parameters.items():
        try:
            given[name] = msgspec.convert(request.path_params[name], kind, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(f"{name}: {describe(error, kind)}") from None
    query = request.query_params
    twice = [name for name in query if len(query.getlist(name)) > 1]
    if twice:
        raise ValueError(f"query: {twice[0]} is given twice")
    if endpoint.query is not None:
        try:
            given["query"] = converted(query, endpoint.query)
        except ValueError as error:
            raise ValueError(f"query: {describe(error, endpoint.query)}") from None
    if endpoint.body is not None:
        try:
            raw = await _body(request, endpoint.max_body)
            given["body"] = msgspec.json.decode(raw or b"{}", type=endpoint.body)
        except msgspec.MsgspecError as error:
            raise ValueError(f"body: {describe(error, endpoint.body)}") from None
    return given


async def _body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise ProblemError(413, f"the body must have at most {limit:,} bytes")
    return bytes(body)


def _reply(endpoint: Endpoint, result: object) -> Response:
    if endpoint.status == 204:  # noqa: PLR2004
        return Response(None, 204, headers=_HEADERS)
    if isinstance(result, AsyncIterator):
        return StreamingResponse(result, headers=_HEADERS, media_type=endpoint.media_type)
    content = result if isinstance(result, str) else msgspec.json.encode(result)
    return Response(content, endpoint.status, headers=_HEADERS, media_type=endpoint.media_type)


def _problem_of_starlette(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    cure = "GET /__admin/ lists the endpoints"
    return problem(error.status_code, f"{error.detail}; {cure}", dict(error.headers or {}))
