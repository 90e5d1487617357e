"""Which commands there are, told without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

ENTRY_POINTS = "convergia.commands"


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as `convergia --help` shows it.

    Attributes:
        section: the heading it stands under.
        help: one line.
        target: `module:attribute` of the command; None for one that an entry point gives.
        extra: the extra that brings what it needs.
    """

    section: str
    help: str
    target: str | None = None
    extra: str | None = None


# In the order of the help page. Targets are whole names, so that the test of circles finds them.
CATALOGUE = MappingProxyType(
    {
        "send": Listed(
            "Messages", "Send a message, or look at it first.", "convergia_sms.cli.send:send"
        ),
        "status": Listed(
            "Messages", "Ask what became of messages.", "convergia_sms.cli.status:status"
        ),
        "bulk": Listed(
            "Messages",
            "Send many messages, once each, through an outbox.",
            "convergia_sms.cli.bulk:bulk",
            "outbox",
        ),
        "worker": Listed(
            "Messages",
            "Send what an outbox holds, until stopped.",
            "convergia_sms.cli.worker:worker",
            "outbox",
        ),
        "codes": Listed(
            "Gateway", "List every code of the guide.", "convergia_sms.cli.codes:codes"
        ),
        "doctor": Listed(
            "Gateway", "Find out why sending fails.", "convergia_sms.cli.doctor:doctor"
        ),
        "probe": Listed(
            "Gateway",
            "Find out how a gateway answers, and write a profile of it.",
            "convergia_sms.cli.probe:probe",
        ),
        "wsdl": Listed(
            "Gateway",
            "Show, compare and refresh the cached WSDL.",
            "convergia_sms.cli.wsdl:wsdl",
        ),
        "demo": Listed("Try", "Every code over both transports, here.", extra="mockserver"),
        "mockserver": Listed("Try", "Run a gateway on this machine.", extra="mockserver"),
        "coverage": Listed("Try", "Show which codes a run exercised.", extra="mockserver"),
        "record": Listed("Try", "Write down what a gateway answers.", extra="mockserver"),
        "contract": Listed("Try", "Hold a gateway to the contract.", extra="pytest"),
        "rehearse": Listed("Try", "Hold a client to the rules of sending.", extra="mockserver"),
        "completion": Listed(
            "Shell",
            "Print the shell's completion script.",
            "convergia_sms.cli.completion:completion",
        ),
    }
)
