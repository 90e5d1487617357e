"""A complete probe of a gateway: all questions, in order."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError

from convergia_sms._codecs.markup import bare_document
from convergia_sms._codecs.soap import SoapCodec
from convergia_sms._codecs.vocabulary import ACCEPTED
from convergia_sms._errors import ConnectionFailedError
from convergia_sms._models import DeliveryStatus
from convergia_sms._webservice.cache import with_wsdl

from .filling import proposed_values, with_values
from .gateway import GatewaySilentError
from .limits import number_pattern, text_limit
from .questions import NOBODY, NUMBER, TEXT, Question, questions
from .transport import ProbedTransport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.wire import Credentials, Operation

    from .dialects import Sample
    from .gateway import ProbedGateway, TranscriptEntry
    from .limits import TextLimit
    from .transport import OperationReplies

_GROWTH = 1.5
_LONGEST_PAUSE = 10.0
_WRONG_NUMBER, _TOO_LONG = 307, 105
_WRONG_CREDENTIALS = 201


@dataclass(frozen=True, slots=True)
class RealMessage:
    """The only message that may be sent, and how it is followed.

    Attributes:
        number: the 12 digits of the number.
        text: the text of the message.
        patience: seconds after which to stop following it.
        pause: seconds before the first status query. Later pauses grow.
    """

    number: str
    text: str = "Prueba de convergia-sms"
    patience: float = 120.0
    pause: float = 0.5


@dataclass(slots=True)
class Observed:
    """All observations. None for what was not observed.

    Attributes:
        replies: the evaluated replies, by transport and operation.
        samples: the contents of those replies, by transport and operation.
        values: proposed values for parts without a parameter in the guide, by operation.
        troubles: errors that ended a part of the probe.
        content_type: the Content-Type of replies over HTTP.
        text_limit: the limit of a text's length.
        number_pattern: the pattern of accepted numbers.
        wsdl: the gateway's own WSDL.
        wsdl_trouble: why the client cannot use that WSDL. Empty if it can.
        overridden: True if the client needs the assumed profile's binding for the WSDL.
        page: True if the page of functions was served.
        sent: True if the real message was sent.
        message_id: the id of the real message.
        states: the states of the real message, in order.
    """

    replies: dict[tuple[str, Operation], OperationReplies] = field(default_factory=dict)
    samples: dict[tuple[str, Operation], list[Sample]] = field(default_factory=dict)
    values: dict[Operation, dict[str, str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    content_type: str | None = None
    text_limit: TextLimit | None = None
    number_pattern: str | None = None
    wsdl: bytes | None = None
    wsdl_trouble: str = ""
    overridden: bool = True
    page: bool = False
    sent: bool = False
    message_id: str | None = None
    states: list[int] = field(default_factory=list)


def observe(
    gateway: ProbedGateway,
    account: Credentials,
    guide: Guide,
    assumed: Profile,
    *,
    folder: Path,
    message: RealMessage | None = None,
) -> Observed:
    """Ask the gateway all questions.

    Args:
        gateway: the gateway.
        account: a real account. Never used together with a number, except for `message`.
        guide: the guide's facts.
        assumed: the profile for values that replies do not show.
        folder: a folder in which the client tries the gateway's WSDL.
        message: the only paid message. None sends none.

    Raises:
        ConnectionFailedError: the gateway does not answer.
    """
    seen = Observed()

    def get(question: Question) -> TranscriptEntry:
        return gateway.get(question.name, question.operation, question.arguments)

    http = ProbedTransport("http", get, guide, assumed)
    soap: ProbedTransport | None = None
    with _recording_errors(seen, "the HTTP transport"):
        for question in questions(account):
            entry = http.ask(question)
            seen.content_type = seen.content_type or entry.content_type or None
    with _recording_errors(seen, "the limits"):
        _limits(http, assumed, seen)
    with _recording_errors(seen, "the web service"):
        soap = _web_service(gateway, guide, assumed, folder, seen)
    if soap is not None:
        with _recording_errors(seen, "the SOAP transport"):
            for question in questions(account):
                soap.ask(question)
    if message is not None:
        with _recording_errors(seen, "the real message"):
            _send(http, soap, account, message, seen)
    for transport in (http, soap):
        if transport is not None:
            for operation in ("send", "status"):
                with _recording_errors(seen, f"the replies to {operation} over {transport.name}"):
                    seen.samples[transport.name, operation] = transport.samples(operation)
                    seen.replies[transport.name, operation] = transport.replies(operation)
    return seen


@contextmanager
def _recording_errors(seen: Observed, what: str) -> Iterator[None]:
    """Record any error of a part of the probe, so that the rest can continue.

    A hostile gateway may cause an unexpected error, and a traceback would not help the user.
    """
    try:
        yield
    except ConnectionFailedError:
        raise
    except GatewaySilentError as error:
        seen.troubles.append(f"{what}: {error}")
    except Exception as error:  # noqa: BLE001 - see above
        seen.troubles.append(f"{what}: broke off: {type(error).__name__}: {error}"[:400])


def _limits(http: ProbedTransport, assumed: Profile, seen: Observed) -> None:
    """Find limits for free, if a wrong number or length outranks wrong credentials."""
    replies = http.replies("send")
    if replies.inferred is None:
        return
    dialect = replies.inferred.dialect

    def answered(code: int, **arguments: str) -> bool:
        complete = {"username": NOBODY, "password": NOBODY, "number": NUMBER, "message": TEXT}
        applies = frozenset({code, _WRONG_CREDENTIALS})
        question = Question("a limit", "send", {**complete, **arguments}, applies)
        reading = http.read(http.try_out(question), "send", dialect)
        return reading is not None and reading.code == code

    won = {
        contest.answered for contest in replies.contests if _WRONG_CREDENTIALS in contest.applied
    }
    if _TOO_LONG in won:
        seen.text_limit = text_limit(lambda text: answered(_TOO_LONG, message=text))
    if _WRONG_NUMBER in won:
        seen.number_pattern = number_pattern(
            lambda number: answered(_WRONG_NUMBER, number=number), assumed.number.pattern
        )


def _web_service(
    gateway: ProbedGateway, guide: Guide, assumed: Profile, folder: Path, seen: Observed
) -> ProbedTransport | None:
    """Return the SOAP transport by the gateway's own WSDL, or None if it cannot be used."""
    path = guide.webservice.path
    seen.page = gateway.page("the page of functions", path).status == 200  # noqa: PLR2004
    served = gateway.page("the WSDL", f"{path}?wsdl")
    if served.status != 200:  # noqa: PLR2004
        seen.wsdl_trouble = f"no WSDL: HTTP {served.status}"
        return None
    seen.wsdl = bare_document(served.body)
    candidate = folder / "probed.wsdl"
    candidate.write_bytes(seen.wsdl)
    # Overrides for another WSDL's binding do not apply to this one.
    binding = msgspec.structs.replace(assumed.binding, send=None, status=None)
    free = with_wsdl(msgspec.structs.replace(assumed, binding=binding), candidate)
    codec = _codec(guide, free, with_wsdl(assumed, candidate), seen)
    if codec is None:
        seen.wsdl_trouble = seen.wsdl_trouble.replace(str(candidate), "the gateway's WSDL")
        return None
    seen.wsdl_trouble = ""
    usable = codec

    def post(question: Question) -> TranscriptEntry:
        return gateway.post(question.name, usable, question.operation, question.arguments)

    return ProbedTransport("soap", post, guide, assumed)


def _codec(guide: Guide, free: Profile, own: Profile, seen: Observed) -> SoapCodec | None:
    """Return a codec for the gateway's WSDL, or None if none can be made."""
    for profile in (free, own):
        try:
            codec = SoapCodec(guide, profile, checked=False)
        except ContractError as error:
            seen.wsdl_trouble = seen.wsdl_trouble or str(error)
        else:
            seen.overridden = profile is not free
            return codec
    try:
        now = time.strftime("%Y-%m-%dT%H:%M:%S")
        values = proposed_values(free, now)
        codec = SoapCodec(guide, with_values(free, values), checked=False)
    except ContractError:
        return None
    seen.values = values
    seen.overridden = False
    return codec


def _send(
    http: ProbedTransport,
    soap: ProbedTransport | None,
    account: Credentials,
    message: RealMessage,
    seen: Observed,
) -> None:
    """Send the only message, by GET if possible, and query its status until it is final.

    It is sent over SOAP only if the rejections over HTTP cannot be read.
    """
    credentials = {"username": account.username, "password": account.password}
    arguments = {**credentials, "number": message.number, "message": message.text}
    way = http
    if soap is not None and http.replies("send").inferred is None:
        way = soap if soap.replies("send").inferred is not None else http
    way.ask(Question("the real message", "send", arguments, frozenset({ACCEPTED})), accepted=True)
    seen.sent = True
    replies = way.replies("send")
    if replies.inferred is None:
        return
    reading = way.last_reading("send", replies.inferred.dialect)
    if reading is None or not reading.message_id:
        return
    seen.message_id = reading.message_id
    query = Question(
        "the real message's status",
        "status",
        {**credentials, "messageid": reading.message_id},
        frozenset(map(int, DeliveryStatus)),
    )
    deadline, pause = time.monotonic() + message.patience, message.pause
    transports = [http] if soap is None else [http, soap]
    while True:
        for transport in transports:
            transport.ask(query, accepted=True)
            inferred = transport.replies("status").inferred
            state = None if inferred is None else transport.last_reading("status", inferred.dialect)
            known = state is not None and state.code in set(DeliveryStatus)
            if state is not None and known and seen.states[-1:] != [state.code]:
                seen.states.append(state.code)
        ended = bool(seen.states) and seen.states[-1] != 0
        if ended or time.monotonic() + pause > deadline:
            return
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
