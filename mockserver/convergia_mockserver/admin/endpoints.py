"""Endpoints as functions, whose signature gives the parameters, the body and the result.

The first parameter of a handler is the `Context`. `query` and `body` are optional structs. Every
other parameter belongs to the path. One description is used to check requests, to call the handler
and to write the OpenAPI document.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from convergia_mockserver.gateway import Space, World
    from convergia_mockserver.server.dispatch import Dispatcher

_SMALL_BODY = 1024 * 1024

HandlerT = TypeVar("HandlerT", bound="Callable[..., object]")


@dataclass(frozen=True, slots=True)
class Context:
    """The server and the space that a handler works on.

    Attributes:
        dispatcher: the dispatcher of the server.
        space_name: the space in the URL, or `default`.
        closing: an event that is set when the server stops, which ends waiting handlers.
    """

    dispatcher: Dispatcher
    space_name: str
    closing: asyncio.Event

    @property
    def world(self) -> World:
        """All the spaces."""
        return self.dispatcher.world

    @property
    def space(self) -> Space:
        """The space in the URL.

        Raises:
            SpaceNameError, SpaceLimitError: see `World.space`.
        """
        return self.world.space(self.space_name)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: a method of a path.

    Attributes:
        method: the method in upper case.
        path: the path, with `{name}` for each parameter.
        summary: one line for people.
        handler: the function that handles requests, or a coroutine function if it waits.
        status: the HTTP status on success.
        errors: the HTTP statuses of problems besides 400.
        media_type: the media type of the reply.
        max_body: the largest size of a request's body, in bytes.
        parameters: the types of the path's parameters, by name.
        query: the struct of the query's parameters.
        body: the struct of the body.
        result: the type of the reply.
    """

    method: str
    path: str
    summary: str
    handler: Callable[..., object]
    status: int
    errors: tuple[int, ...]
    media_type: str
    max_body: int
    parameters: dict[str, type]
    query: type | None
    body: type | None
    result: object

    @property
    def name(self) -> str:
        """The name of the handler, which is `operationId` in the OpenAPI document."""
        return getattr(self.handler, "__name__", "")

    @property
    def notes(self) -> str:
        """The docstring of the handler after its first line."""
        _, _, rest = (inspect.getdoc(self.handler) or "").partition("\n")
        return rest.strip()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of endpoints for one kind of resource.

    Attributes:
        name: the heading in the document.
        endpoints: the endpoints in the order of the document.
    """

    name: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def get(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a GET. See `_register`."""
        return self._register("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a POST. See `_register`."""
        return self._register("POST", path, **rest)

    def put(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a PUT. See `_register`."""
        return self._register("PUT", path, **rest)

    def patch(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a PATCH. See `_register`."""
        return self._register("PATCH", path, **rest)

    def delete(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a DELETE. See `_register`."""
        return self._register("DELETE", path, **rest)

    def _register(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        errors: tuple[int, ...] = (),
        media_type: str = "application/json",
        max_body: int = _SMALL_BODY,
    ) -> Callable[[HandlerT], HandlerT]:
        def register(handler: HandlerT) -> HandlerT:
            hints = typing.get_type_hints(handler, include_extras=True)
            result = hints.pop("return")
            _, *names = inspect.signature(handler).parameters
            summary, _, _ = (inspect.getdoc(handler) or "").partition("\n")
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    summary=summary,
                    handler=handler,
                    status=status,
                    errors=errors,
                    media_type=media_type,
                    max_body=max_body,
                    parameters={name: hints[name] for name in names if name not in _STRUCTS},
                    query=hints.get("query"),
                    body=hints.get("body"),
                    result=result,
                )
            )
            return handler

        return register


_STRUCTS = ("query", "body")
