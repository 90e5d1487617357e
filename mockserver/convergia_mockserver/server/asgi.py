"""ASGI's shapes, as far as this server uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping

# The framework's own typing of its messages: their values differ by key.
Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
