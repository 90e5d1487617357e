"""Messages: what the gateway accepted."""

from __future__ import annotations

from typing import Annotated

import msgspec

from convergia_mockserver.gateway import Message, MessageQuery, WaitTimeoutError
from convergia_mockserver.gateway.messages.codes import code_in
from convergia_mockserver.gateway.waiting import ServerClosingError, wait_for_messages

from .endpoints import Context, Group
from .filters import MAX_PAGE, Limit, Number
from .problems import ProblemError

MESSAGES = Group("Messages")
_LONGEST_WAIT = 300


class MessageList(msgspec.Struct, frozen=True):
    """Some of the messages, and how many were meant in all.

    Attributes:
        total: how many match in all.
        messages: those of this page.
    """

    total: int
    messages: list[Message]


class MessagesWanted(MessageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages, and which part of them.

    Attributes:
        offset: how many to leave out first.
        limit: how many to give, 1 to 1000.
        newest_first: whether the newest comes first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


class WaitWanted(MessageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages to wait for.

    Attributes:
        count: how many must match.
        timeout: seconds to wait for them at most.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    timeout: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_WAIT)] = 5.0


class MessageCode(msgspec.Struct, frozen=True):
    """A one-time code, without blanks and dashes, and the message that it was in.

    Attributes:
        message_id: the message's id.
        code: the code.
    """

    message_id: str
    code: str


class NewState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What status queries answer from now on: one of the guide's status codes.

    Attributes:
        state: a status code of the guide.
    """

    state: Number


@MESSAGES.get("/messages")
def list_messages(context: Context, query: MessagesWanted) -> MessageList:
    """List or search the accepted messages."""
    found, total = context.space.inbox.find(
        query, newest_first=query.newest_first, offset=query.offset, limit=query.limit
    )
    return MessageList(total, found)


@MESSAGES.get("/messages/wait", errors=(408, 503))
async def wait_for(context: Context, query: WaitWanted) -> MessageList:
    """Wait until so many messages match: 200 as soon as they do, 408 when the time is up.

    503 when the server stops meanwhile. Of more than 1000 messages the first 1000 are given.
    """
    try:
        found, total = await wait_for_messages(
            context.space,
            query,
            count=query.count,
            timeout=query.timeout,
            limit=MAX_PAGE,
            closing=context.closing,
        )
    except ServerClosingError as error:
        raise ProblemError(503, str(error)) from None
    except WaitTimeoutError as error:
        raise ProblemError(408, str(error)) from None
    return MessageList(total, found)


@MESSAGES.get("/messages/code", errors=(404,))
def get_last_code(context: Context, query: MessageQuery) -> MessageCode:
    """Give the one-time code of the last message that matches; `number` is the usual criterion."""
    found, _ = context.space.inbox.find(query, newest_first=True, limit=1)
    if not found:
        raise ProblemError(404, "no message matches")
    return _code(found[0])


@MESSAGES.delete("/messages", status=204)
def delete_messages(context: Context) -> None:
    """Forget all messages; ids start again."""
    context.space.inbox.clear()


@MESSAGES.get("/messages/{message_id}", errors=(404,))
def get_message(context: Context, message_id: str) -> Message:
    """Show one message."""
    return _found(context.space.inbox.get(message_id), message_id)


@MESSAGES.get("/messages/{message_id}/code", errors=(404,))
def get_code(context: Context, message_id: str) -> MessageCode:
    """Give the one-time code of a message: 4 to 8 digits, or 3 and 3."""
    return _code(_found(context.space.inbox.get(message_id), message_id))


@MESSAGES.put("/messages/{message_id}/state", errors=(404,))
def set_state(context: Context, message_id: str, body: NewState) -> Message:
    """Say what status queries answer for a message from now on."""
    try:
        return context.space.inbox.set_state(message_id, body.state)
    except KeyError:
        return _found(None, message_id)


@MESSAGES.delete("/messages/{message_id}", status=204, errors=(404,))
def delete_message(context: Context, message_id: str) -> None:
    """Forget one message."""
    if not context.space.inbox.delete(message_id):
        _found(None, message_id)


def _code(message: Message) -> MessageCode:
    code = code_in(message.text)
    if code is None:
        raise ProblemError(404, f"message {message.id} holds no code")
    return MessageCode(message.id, code)


def _found(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise ProblemError(404, f"there is no message {message_id!r} in this space")
    return message
