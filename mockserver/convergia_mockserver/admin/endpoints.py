"""Endpoints as functions: their parameters, body and result are read off the signature.

A handler's first parameter is the `Context`; `query` and `body`, where it has them, are structs;
every other parameter is one of the path. One description serves to check requests, to call the
handler and to write the OpenAPI document.
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
    """What a handler works on.

    Attributes:
        dispatcher: the server's.
        space_name: the space that the URL named; `default` when it named none.
        closing: set when the server stops, which ends what waits.
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
        """The space that the URL named.

        Raises:
            SpaceNameError, SpaceLimitError: it cannot be.
        """
        return self.world.space(self.space_name)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        method: upper case.
        path: with `{name}` for each parameter.
        summary: a line for people.
        handler: what does it; a coroutine function where it waits.
        status: of the reply when it is done.
        errors: the problems it may end in, beside 400.
        media_type: of the reply.
        max_body: bytes of the request's body.
        parameters: the path's, by name.
        query: the struct of the query's parameters.
        body: the struct of the body.
        result: what the reply holds.
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
        """The handler's, in the OpenAPI document `operationId`."""
        return getattr(self.handler, "__name__", "")

    @property
    def notes(self) -> str:
        """The handler's docstring behind its first line."""
        _, _, rest = (inspect.getdoc(self.handler) or "").partition("\n")
        return rest.strip()


@dataclass(frozen=True, slots=True)
class Group:
    """The endpoints on one kind of thing.

    Attributes:
        name: a heading of the document.
        endpoints: in the order they are documented.
    """

    name: str
    endpoints: list[Endpoint] = field(default_factory=list)

    def get(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a GET; see `_register`."""
        return self._register("GET", path, **rest)

    def post(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a POST; see `_register`."""
        return self._register("POST", path, **rest)

    def put(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a PUT; see `_register`."""
        return self._register("PUT", path, **rest)

    def patch(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a PATCH; see `_register`."""
        return self._register("PATCH", path, **rest)

    def delete(self, path: str, **rest: Any) -> Callable[[HandlerT], HandlerT]:  # noqa: ANN401
        """Register a DELETE; see `_register`."""
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
