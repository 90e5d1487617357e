"""A shop in Django, in one file. An order and its SMS are committed together or not at all.

    python outbox_django.py migrate
    python outbox_django.py runserver &
    python outbox_django.py worker
    curl -d phone=5512345678 -d item=cafe localhost:8000/orders

Settings: CONVERGIA_BASE_URL, CONVERGIA_USERNAME, CONVERGIA_PASSWORD, and SHOP_FILE (SQLite's).
In a project of several files `worker` is a management command; nothing else changes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING

import django
from convergia_sms import AsyncClient
from convergia_sms.outbox import Filter, Outbox, Worker
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponseBadRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

FILE = os.path.abspath(os.environ.get("SHOP_FILE", "shop.db"))  # noqa: PTH100

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FILE}},
    DEBUG=False,
    ROOT_URLCONF=__name__,
    SECRET_KEY="not-a-secret-in-an-example",
)
django.setup()

# The outbox's tables are in Django's own database, so that both are written in one transaction.
# Only the worker opens connections of its own. `enqueue` below uses Django's.
outbox = Outbox(f"sqlite:///{FILE}", migrate=False)


class Order(models.Model):
    """An order of a customer."""

    phone = models.CharField(max_length=20)
    item = models.CharField(max_length=100)

    class Meta:
        """Name the app, since a single file belongs to none."""

        app_label = "shop"


@csrf_exempt
def create(request: HttpRequest) -> HttpResponseBase:
    """Create an order, and enqueue its SMS."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            order = Order.objects.create(phone=request.POST["phone"], item=request.POST["item"])
            outbox.enqueue(
                order.phone,
                f"Gracias por su pedido {order.pk}: {order.item}",
                key=f"order-{order.pk}",
                connection=cursor,
            )
    except ValueError as error:
        return HttpResponseBadRequest(str(error))
    return JsonResponse({"id": order.pk}, status=201)


def sms(_request: HttpRequest, number: int) -> HttpResponseBase:
    """Return the status of the order's SMS."""
    for entry in outbox.messages(Filter(keys=[f"order-{number}"])):
        return JsonResponse({"state": entry.state, "message_id": entry.message_id})
    return JsonResponse({}, status=404)


urlpatterns = [path("orders", create), path("orders/<int:number>/sms", sms)]


def migrate() -> None:
    """Create Django's tables and the outbox's."""
    with connection.schema_editor() as editor:
        editor.create_model(Order)
    outbox.migrate()


async def work(until: Filter | None = None) -> None:
    """Send until SIGTERM or SIGINT, then finish the messages in flight."""
    async with AsyncClient() as client:
        worker = Worker(outbox, client, rate=50)
        for stop in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(stop, worker.stop)
        await worker.run(until)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["migrate"]:
            migrate()
        case ["worker"]:
            asyncio.run(work())
        case _:
            execute_from_command_line(sys.argv)
