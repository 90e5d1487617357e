"""The catalogue of commands, so that `--help` and completion need not import them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

ENTRY_POINTS = "convergia.commands"


@dataclass(frozen=True, slots=True)
class Listed:
    """A command's entry in `convergia --help`.

    Attributes:
        section: the heading that it is listed under.
        help: its help text, in one line.
        target: `module:attribute` of the command. None if an entry point provides it.
        extra: the extra that installs its dependencies.
    """

    section: str
    help: str
    target: str | None = None
    extra: str | None = None


# In the order of the help page. Targets are full names, so that the test for import cycles finds
# them.
CATALOGUE = MappingProxyType(
    {
        "send": Listed("Messages", "Send a message, or preview it.", "convergia_sms.cli.send:send"),
        "status": Listed(
            "Messages", "Show the delivery status of messages.", "convergia_sms.cli.status:status"
        ),
        "bulk": Listed(
            "Messages",
            "Send many messages, once each, through an outbox.",
            "convergia_sms.cli.bulk:bulk",
            "outbox",
        ),
        "worker": Listed(
            "Messages",
            "Send the messages of an outbox, until stopped.",
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
        "demo": Listed(
            "Try", "Show every code over both transports, on this machine.", extra="mockserver"
        ),
        "mockserver": Listed("Try", "Run a gateway on this machine.", extra="mockserver"),
        "coverage": Listed("Try", "Show which codes a run exercised.", extra="mockserver"),
        "record": Listed("Try", "Record what a gateway answers.", extra="mockserver"),
        "contract": Listed("Try", "Check that a gateway keeps the contract.", extra="pytest"),
        "rehearse": Listed(
            "Try", "Check that a client keeps the rules of sending.", extra="mockserver"
        ),
        "completion": Listed(
            "Shell",
            "Print the shell's completion script.",
            "convergia_sms.cli.completion:completion",
        ),
    }
)
