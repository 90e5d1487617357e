"""A user's program: the sync client, the async client and the outbox.

Nothing runs it. `python -m tests.types.check` holds it to pyright's strict mode, as the program of
a user would be, so each public name that users annotate or catch belongs here.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from convergia_sms import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConvergiaError,
    DeliveryStatus,
    Message,
    MessageNotFoundError,
    NotSentError,
    OutcomeUnknownError,
    Preview,
    QueryError,
    QueryFailedError,
    Receipt,
    RejectedError,
    RequestInfo,
    ResponseInfo,
    Retries,
    SendResult,
    Settings,
    Timeout,
    Transport,
    measure,
    preview,
    transliterate,
)
from convergia_sms.outbox import (
    Change,
    Draft,
    Entry,
    Filter,
    KeyConflictError,
    Outbox,
    Poller,
    PollSchedule,
    Priority,
    RetryPolicy,
    Sender,
    SendingWindow,
    State,
    WebhookSender,
    Worker,
)
from sqlalchemy import Engine, text


def announce(request: RequestInfo) -> None:
    print(request.operation, request.transport, request.attempt)


def report(response: ResponseInfo) -> None:
    if response.error is not None:
        print(response.outcome, response.error)


def settings(transport: Transport) -> Settings:
    return Settings.resolve("demo", "demo", transport=transport, timeout=Timeout(5, 10, 20))


def order_shipped(number: str, order: int) -> DeliveryStatus | None:
    """Send and follow a message. Return None if its state is unknown."""
    with Client(
        settings=settings("soap"),
        retries=Retries(connect=1),
        strict=True,
        before_request=announce,
        after_request=report,
    ) as sms:
        try:
            receipt: Receipt = sms.send(number, "Su pedido va en camino", extra=f"pedido-{order}")
            state: DeliveryStatus = sms.wait(receipt.message_id, timeout=30)
        except AuthenticationError as error:
            print(error.code, error.description)
        except RejectedError as error:
            print(error.code, error.retryable)
        except NotSentError:
            print("sending again is safe")
        except OutcomeUnknownError as error:
            print(error.http_status, len(error.raw))
        except MessageNotFoundError:
            print("not found")
        except QueryFailedError as error:
            print(error.reason, error.code, error.http_status)
        except QueryError as error:
            print(error)
        else:
            print(receipt.number, receipt.segments, receipt.sent_text)
            return state
    return None


def cost(number: str, message: str) -> int:
    seen: Preview = preview(number, transliterate(message).text, transport="http")
    return max(seen.segments, measure(message).segments)


async def newsletter(numbers: list[str]) -> list[SendResult]:
    messages = [Message(number, "Hola", extra=str(place)) for place, number in enumerate(numbers)]
    failed: list[SendResult] = []
    async with AsyncClient("demo", "demo", transport="http", telemetry=False) as sms:
        async for result in sms.send_many(messages, concurrency=16, rate=20.0):
            error: Exception | None = result.error
            if isinstance(error, ConvergiaError) or result.receipt is None:
                failed.append(result)
            else:
                await sms.status(result.receipt.message_id)
    return failed


def put(outbox: Outbox, number: str) -> int:
    try:
        first = outbox.enqueue(
            number,
            "Su código es 1234",
            key=f"codigo-{number}",
            priority=Priority.HIGH,
            expires=datetime.now(UTC) + timedelta(minutes=5),
        )
        with outbox.database.writing() as connection:
            connection.execute(text("SELECT 1"))
            many = outbox.enqueue_many([Draft(number, "Hola")], connection=connection)
    except KeyConflictError as error:
        print(error.key)
        return 0
    engine: Engine = outbox.database.engine
    print(engine.dialect.name, many.existing)
    return first


async def changed(change: Change) -> None:
    print(change.message_id, change.before, change.after)


async def work(outbox: Outbox) -> dict[State, int]:
    async with AsyncClient() as sms:
        worker = Worker(
            outbox,
            sms,
            rate=20,
            retry=RetryPolicy(budget=3),
            window=SendingWindow.parse("mon-fri 09:00-20:00"),
        )
        poller = Poller(outbox, sms, schedule=PollSchedule(), on_change=changed, webhook=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(until=Filter(batch="julio")))
            group.create_task(poller.run(until_done=True))
            group.create_task(WebhookSender(outbox, "https://example.com", "secret").run())
        for entry in outbox.unknown():
            await Sender(outbox, sms).send(entry.id)
    entries: list[Entry] = list(outbox.messages(Filter(batch="julio")))
    print([entry.state for entry in entries])
    return outbox.counts()
