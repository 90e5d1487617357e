"""Endpoints for accepted messages."""

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
    """A page of messages, with the number of all that match.

    Attributes:
        total: the number of messages that match.
        messages: the messages of this page.
    """

    total: int
    messages: list[Message]


class MessagesWanted(MessageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Criteria for messages, and the page to return.

    Attributes:
        offset: the number of messages to skip.
        limit: the largest number of messages to return, 1 to 1000.
        newest_first: true to return the newest first.
    """

    offset: Number = 0
    limit: Limit = 100
    newest_first: bool = False


class WaitWanted(MessageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Criteria for messages to wait for.

    Attributes:
        count: the number of messages that must match.
        timeout: the longest time to wait, in seconds.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    timeout: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_WAIT)] = 5.0


class MessageCode(msgspec.Struct, frozen=True):
    """A one-time code without blanks and dashes, and its message.

    Attributes:
        message_id: the id of the message.
        code: the code.
    """

    message_id: str
    code: str


class NewState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The status code that status queries answer from now on.

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
    """Wait until `count` messages match: 200 as soon as they do, 408 if the time is up.

    503 if the server stops meanwhile. At most the first 1000 messages are returned.
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
    """Return the one-time code of the latest message that matches, usually by `number`."""
    found, _ = context.space.inbox.find(query, newest_first=True, limit=1)
    if not found:
        raise ProblemError(404, "no message matches")
    return _code(found[0])


@MESSAGES.delete("/messages", status=204)
def delete_messages(context: Context) -> None:
    """Delete all messages. Ids start again."""
    context.space.inbox.clear()


@MESSAGES.get("/messages/{message_id}", errors=(404,))
def get_message(context: Context, message_id: str) -> Message:
    """Show one message."""
    return _found(context.space.inbox.get(message_id), message_id)


@MESSAGES.get("/messages/{message_id}/code", errors=(404,))
def get_code(context: Context, message_id: str) -> MessageCode:
    """Return the one-time code of a message: 4 to 8 digits, or two groups of 3."""
    return _code(_found(context.space.inbox.get(message_id), message_id))


@MESSAGES.put("/messages/{message_id}/state", errors=(404,))
def set_state(context: Context, message_id: str, body: NewState) -> Message:
    """Set the status code of a message for status queries from now on."""
    try:
        return context.space.inbox.set_state(message_id, body.state)
    except KeyError:
        return _found(None, message_id)


@MESSAGES.delete("/messages/{message_id}", status=204, errors=(404,))
def delete_message(context: Context, message_id: str) -> None:
    """Delete one message."""
    if not context.space.inbox.delete(message_id):
        _found(None, message_id)


def _code(message: Message) -> MessageCode:
    code = code_in(message.text)
    if code is None:
        raise ProblemError(404, f"message {message.id} has no one-time code")
    return MessageCode(message.id, code)


def _found(message: Message | None, message_id: str) -> Message:
    if message is None:
        raise ProblemError(404, f"message {message_id!r} does not exist in this space")
    return message
