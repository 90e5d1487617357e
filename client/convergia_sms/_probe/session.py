"""A whole probe of one gateway: what is asked, in which order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError

from convergia_sms._codecs.soap import SoapCodec
from convergia_sms._models import DeliveryStatus
from convergia_sms._webservice.cache import with_wsdl

from .limits import number_pattern, text_limit
from .questions import NOBODY, NUMBER, TEXT, Question, questions
from .transport import ProbedTransport

if TYPE_CHECKING:
    from pathlib import Path

    from convergia_wsdl import Guide, Profile

    from convergia_sms._codecs.wire import Credentials, Operation

    from .gateway import ProbedGateway, TranscriptEntry
    from .limits import TextLimit
    from .transport import OperationReplies

_GROWTH = 1.5
_LONGEST_PAUSE = 10.0
_WRONG_NUMBER, _TOO_LONG = 307, 105
_WRONG_CREDENTIALS = 201


@dataclass(frozen=True, slots=True)
class RealMessage:
    """The one message that may be sent, and how long it is followed.

    Attributes:
        number: 12 digits.
        text: what it says.
        patience: seconds until its end is given up.
        pause: seconds before the first status query; they grow.
    """

    number: str
    text: str = "Prueba de convergia-sms"
    patience: float = 120.0
    pause: float = 0.5


@dataclass(slots=True)
class Observed:
    """Everything that was seen; None is what was not.

    Attributes:
        replies: by transport and operation.
        content_type: of the HTTP transport's replies.
        text_limit: the longest text.
        number_pattern: the numbers taken.
        wsdl: the gateway's own, as it came.
        wsdl_trouble: why the client could not use that WSDL; empty when it could.
        overruled: the client needs the assumed profile's own binding for the WSDL in force.
        page: the page of functions came.
        message_id: the real message's.
        states: the real message's states, one after the other.
    """

    replies: dict[tuple[str, Operation], OperationReplies] = field(default_factory=dict)
    content_type: str | None = None
    text_limit: TextLimit | None = None
    number_pattern: str | None = None
    wsdl: bytes | None = None
    wsdl_trouble: str = ""
    overruled: bool = True
    page: bool = False
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
    """Ask a gateway everything.

    Args:
        gateway: the way to it.
        account: a real account there; never used together with a number, but for `message`.
        guide: the facts.
        assumed: what fills in for what replies do not show.
        folder: where the gateway's WSDL may lie while the client tries it.
        message: the one paid message; None sends none.

    Raises:
        ConnectionFailedError: nothing answers there.
    """
    seen = Observed()

    def get(question: Question) -> TranscriptEntry:
        return gateway.get(question.name, question.operation, question.arguments)

    http = ProbedTransport("http", get, guide, assumed)
    asked = [http.ask(question) for question in questions(account)]
    seen.content_type = next((one.content_type for one in asked if one.content_type), None)
    _limits(http, assumed, seen)
    soap = _web_service(gateway, guide, assumed, folder, seen)
    if soap is not None:
        for question in questions(account):
            soap.ask(question)
    if message is not None:
        _send(http, soap, account, message, seen)
    for transport in (http, soap):
        if transport is not None:
            for operation in ("send", "status"):
                seen.replies[transport.name, operation] = transport.replies(operation)
    return seen


def _limits(http: ProbedTransport, assumed: Profile, seen: Observed) -> None:
    """Where a wrong number or length outranks wrong credentials, its bounds cost nothing."""
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
    """The SOAP transport, through the gateway's own WSDL; None when the client cannot use that."""
    path = guide.webservice.path
    seen.page = gateway.page("the page of functions", path).status == 200  # noqa: PLR2004
    served = gateway.page("the WSDL", f"{path}?wsdl")
    if served.status != 200:  # noqa: PLR2004
        seen.wsdl_trouble = f"no WSDL: HTTP {served.status}"
        return None
    seen.wsdl = served.body
    candidate = folder / "probed.wsdl"
    candidate.write_bytes(served.body)
    # What overruled another WSDL's binding has no say in this one.
    binding = msgspec.structs.replace(assumed.binding, send=None, status=None)
    free = with_wsdl(msgspec.structs.replace(assumed, binding=binding), candidate)
    codec = None
    for profile in (free, with_wsdl(assumed, candidate)):
        try:
            codec = SoapCodec(guide, profile)
            seen.overruled = profile is not free
            break
        except ContractError as error:
            seen.wsdl_trouble = str(error).replace(str(candidate), "the gateway's WSDL")
    if codec is None:
        return None
    seen.wsdl_trouble = ""
    spoken = codec

    def post(question: Question) -> TranscriptEntry:
        return gateway.post(question.name, spoken, question.operation, question.arguments)

    return ProbedTransport("soap", post, guide, assumed)


def _send(
    http: ProbedTransport,
    soap: ProbedTransport | None,
    account: Credentials,
    message: RealMessage,
    seen: Observed,
) -> None:
    """Send the one message by GET, and ask for its state over both transports until it is final."""
    credentials = {"username": account.username, "password": account.password}
    arguments = {**credentials, "number": message.number, "message": message.text}
    http.ask(Question("the real message", "send", arguments, frozenset({100})), accepted=True)
    replies = http.replies("send")
    if replies.inferred is None:
        return
    reading = http.last_reading("send", replies.inferred.dialect)
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
            if state is not None and (not seen.states or seen.states[-1] != state.code):
                seen.states.append(state.code)
        ended = bool(seen.states) and seen.states[-1] != 0
        if ended or time.monotonic() + pause > deadline:
            return
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
