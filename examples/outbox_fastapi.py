"""A shop in FastAPI. An order and its SMS are committed together or not at all.

    uvicorn outbox_fastapi:app
    curl localhost:8000/orders --json '{"phone": "5512345678", "item": "café"}'

Settings: CONVERGIA_BASE_URL, CONVERGIA_USERNAME, CONVERGIA_PASSWORD, and SHOP_DATABASE (a URL).
With PostgreSQL any number of these may run; each brings a worker.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from convergia_sms import AsyncClient
from convergia_sms.outbox import Filter, Outbox, Poller, Worker
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

outbox = Outbox(os.environ.get("SHOP_DATABASE", "sqlite:///shop.db"))
engine = outbox.database.engine  # the shop's own tables are in the same database


class Base(DeclarativeBase):
    """The base class of the shop's tables."""


class Order(Base):
    """An order of a customer."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]
    item: Mapped[str]


class NewOrder(BaseModel):
    """The body of a request to order."""

    phone: str
    item: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Send and follow while the application runs, and finish messages in flight at the end."""
    Base.metadata.create_all(engine)
    async with AsyncClient() as client, asyncio.TaskGroup() as background:
        worker, poller = Worker(outbox, client, rate=50), Poller(outbox, client)
        background.create_task(worker.run())
        background.create_task(poller.run())
        yield
        worker.stop()
        poller.stop()


app = FastAPI(lifespan=lifespan)


@app.post("/orders", status_code=201)
def create(new: NewOrder) -> dict[str, int]:
    """Create an order, and enqueue its SMS."""
    with Session(engine) as session, session.begin():
        order = Order(phone=new.phone, item=new.item)
        session.add(order)
        session.flush()
        try:
            outbox.enqueue(
                new.phone,
                f"Gracias por su pedido {order.id}: {new.item}",
                key=f"order-{order.id}",
                connection=session,
            )
        except ValueError as error:
            # The number is invalid. Leaving the block also rolls the order back.
            raise HTTPException(422, str(error)) from error
        return {"id": order.id}


@app.get("/orders/{number}/sms")
def sms(number: int) -> dict[str, str | None]:
    """Return the status of the order's SMS."""
    for entry in outbox.messages(Filter(keys=[f"order-{number}"])):
        return {"state": entry.state, "message_id": entry.message_id}
    raise HTTPException(404)
