"""A shop: an order and its SMS are committed together, or neither is.

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
engine = outbox.database.engine  # the shop's own tables live beside the outbox's


class Base(DeclarativeBase):
    """The shop's tables."""


class Order(Base):
    """What somebody ordered."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]
    item: Mapped[str]


class NewOrder(BaseModel):
    """What is posted."""

    phone: str
    item: str


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Send and follow while the application runs; finish what is in flight when it stops."""
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
    """Order something."""
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
    """How the order's SMS stands."""
    for entry in outbox.messages(Filter(keys=[f"order-{number}"])):
        return {"state": entry.state, "message_id": entry.message_id}
    raise HTTPException(404)
