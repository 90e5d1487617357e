"""Tests that the page of functions shows the same as NuSOAP's, and that the WSDL is the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.mockserver.differential.exchange import Request

if TYPE_CHECKING:
    from tests.mockserver.differential.exchange import Gateway, Reply

# Label and value: `<font…>Name:</font> x<br>` or `&nbsp;use: x<br>` there.
THEIRS = re.compile(r"(\w+):(?:</font>)? ([^<]+)<br>")
OURS = re.compile(
    r"<dt>(\w+)</dt><dd>(?:<code>)?([^<]+)(?:</code>)?</dd>|<li><code>(\w+): ([^<]+)</code></li>"
)


def get(gateway: Gateway, target: bytes) -> Reply:
    return gateway.ask(Request("GET", target))


def page(gateway: Gateway) -> str:
    shown = get(gateway, b"/webservice.php").body.decode()
    return shown.replace(gateway.base_url, "http://here")


def test_the_page_shows_every_detail_that_nusoaps_page_shows(
    nusoap: Gateway, mock: Gateway
) -> None:
    theirs = THEIRS.findall(page(nusoap))
    ours = [(one[0] or one[2], one[1] or one[3]) for one in OURS.findall(page(mock))]
    assert ("Documentation", "Envia un mensaje SMS") in theirs
    assert ours == theirs


@pytest.mark.parametrize("query", [b"wsdl", b"wsdl=1", b"a=wsdl", b"WSDL", b"%77sdl", b"debug=1"])
def test_the_wsdl_is_served_for_the_queries_for_which_nusoap_serves_it(
    query: bytes, nusoap: Gateway, mock: Gateway
) -> None:
    target = b"/webservice.php?" + query
    theirs, ours = get(nusoap, target), get(mock, target)
    assert (ours.status, ours.content_type) == (theirs.status, theirs.content_type)


def test_the_wsdl_is_the_same_but_for_its_address(nusoap: Gateway, mock: Gateway) -> None:
    served = []
    for gateway in (nusoap, mock):
        tree = etree.fromstring(get(gateway, b"/webservice.php?wsdl").body)
        (address,) = tree.iter("{*}address")
        assert address.attrib.pop("location") == f"{gateway.base_url}/webservice.php"
        served.append(etree.tostring(tree, method="c14n"))
    assert served[0] == served[1]
