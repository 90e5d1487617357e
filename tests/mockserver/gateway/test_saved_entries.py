"""Tests of journal entries that were written to a file and read again."""

from __future__ import annotations

import pytest
from convergia_mockserver.gateway.calls import Answer, SoapFault
from convergia_mockserver.gateway.faults import Fault, FaultKind
from convergia_mockserver.gateway.journal.entries import StoredEntry, entry_view
from convergia_mockserver.gateway.journal.exchanges import Exchange
from convergia_mockserver.gateway.own_reply import OwnReply
from convergia_mockserver.gateway.storage.saved_entries import loaded, saved
from convergia_wsdl import load_profile

from tests.mockserver.gateway.calls import send_call

EXCHANGE = Exchange("GET", b"/", "host", "http", "127.0.0.1", b"", b"", 0, b"", b"")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(100, "7"),
        Answer(100, "7", fault=Fault(FaultKind.DUPLICATE_ID), created="8"),
        Answer(100, "7", reply=OwnReply(status=202, text="later")),
        Answer(None, soap_fault=SoapFault("closed")),
        Answer(100, "7", value="anything"),
    ],
)
def test_a_written_entry_shows_the_same_message_and_the_same_kind_of_answer(
    answer: Answer,
) -> None:
    stored = StoredEntry(1, 0.0, "http", EXCHANGE, send_call(), answer)
    profile = load_profile()
    assert entry_view(loaded(saved(stored)), profile) == entry_view(stored, profile)
