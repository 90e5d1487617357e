"""OpenTelemetry spans and metrics, one span for each request, by the HTTP conventions.

Only the OpenTelemetry API is needed (`convergia-sms[otel]`). The application's SDK exports the
data. No attribute contains a password or a query. Number and text are included only on request.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from convergia_sms._errors import caught_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider
    from opentelemetry.util.types import AttributeValue

    from convergia_sms._observation import RequestInfo, ResponseInfo

__all__ = ["Telemetry"]

_NAME = "convergia_sms"
# The buckets that the conventions advise for this metric, in seconds.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class Telemetry:
    """Writes a span and three metrics for each request.

    Args:
        tracer_provider: the tracer provider. The global one if None.
        meter_provider: the meter provider. The global one if None.
        number: True to record the number of a message in spans.
        text: True to record the text of a message in spans.
    """

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        number: bool = False,
        text: bool = False,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_NAME, meter_provider=meter_provider)
        self._number, self._text = number, text
        self._seconds = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="From before the connection to the end of the reply.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._requests = meter.create_counter(
            "convergia.requests", unit="{request}", description="Requests, by how they ended."
        )
        self._segments = meter.create_counter(
            "convergia.segments", unit="{segment}", description="SMS parts that were accepted."
        )

    def start(self, request: RequestInfo) -> Callable[[ResponseInfo], None]:
        """Begin a request's span, and return the function that ends it."""
        attributes = _http(request)
        attributes |= {"url.full": request.url, "url.scheme": _split_url(request.url)[0]}
        attributes |= _convergia(request)
        if request.segments is not None:
            attributes["convergia.segments"] = request.segments
        if request.attempt > 1:
            attributes["http.request.resend_count"] = request.attempt - 1
        if self._number and request.number:
            attributes["convergia.number"] = request.number
        if self._text and request.text:
            attributes["convergia.text"] = request.text
        span = self._tracer.start_span(
            f"convergia {request.operation}", kind=SpanKind.CLIENT, attributes=attributes
        )
        return partial(self._end, span)

    def _end(self, span: Span, response: ResponseInfo) -> None:
        request = response.request
        result: dict[str, AttributeValue] = {"convergia.outcome": response.outcome}
        if response.code is not None:
            result["convergia.code"] = response.code
        http: dict[str, AttributeValue] = {}
        if response.http_status is not None:
            http["http.response.status_code"] = response.http_status
        if response.error is not None:
            http["error.type"] = caught_as(type(response.error))
            span.set_status(Status(StatusCode.ERROR, str(response.error)))
        span.set_attributes(result | http)
        if response.message_id:
            span.set_attribute("convergia.message_id", response.message_id)
        span.end()
        self._seconds.record(response.seconds, _http(request) | http)
        self._requests.add(1, _convergia(request) | result)
        if response.outcome == "accepted" and request.segments is not None:
            self._segments.add(request.segments, _convergia(request))


def _http(request: RequestInfo) -> dict[str, AttributeValue]:
    scheme, host, port = _split_url(request.url)
    return {
        "http.request.method": request.method,
        "server.address": host,
        "server.port": port or (443 if scheme == "https" else 80),
    }


@lru_cache(maxsize=64)
def _split_url(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port. Cached, because a client uses the same few URLs."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _convergia(request: RequestInfo) -> dict[str, AttributeValue]:
    return {"convergia.operation": request.operation, "convergia.transport": request.transport}
