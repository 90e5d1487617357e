"""A small client with only the standard library: correct, or with a single mistake.

usage: python peer.py MISTAKE NUMBER TEXT, where MISTAKE may also name a habit that is correct
"""

import http.client
import os
import re
import subprocess
import sys
import urllib.request
from urllib.error import HTTPError
from urllib.parse import urlencode
from xml.sax.saxutils import escape

ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<m:enviar_mensaje xmlns:m="urn:convergia"><username>{username}</username>
<password>{password}</password><number>{number}</number><message>{message}</message>
<extra></extra></m:enviar_mensaje></e:Body></e:Envelope>"""


def by_http(arguments: dict[str, str]) -> urllib.request.Request:
    return urllib.request.Request(f"{os.environ['CONVERGIA_BASE_URL']}/?{urlencode(arguments)}")


def by_soap(arguments: dict[str, str], mistake: str) -> urllib.request.Request:
    with urllib.request.urlopen(os.environ["CONVERGIA_WSDL_URL"], timeout=5) as reply:
        (namespace,) = re.findall(
            r'<definitions[^>]* targetNamespace="([^"]+)"', reply.read().decode()
        )
    values = {name: escape(value) for name, value in arguments.items()}
    body = ENVELOPE.replace("urn:convergia", namespace).format(**values)
    action = "estatus_mensaje" if mistake == "names another SOAPAction" else "enviar_mensaje"
    return urllib.request.Request(
        os.environ["CONVERGIA_BASE_URL"] + "/webservice.php",
        data=body.encode(),
        headers={
            "Content-Type": "text/xml; charset=UTF-8",
            "SOAPAction": f"{namespace}#{action}",
        },
    )


def main(mistake: str, number: str, text: str) -> int:
    arguments = {
        "username": os.environ["CONVERGIA_USERNAME"],
        "password": os.environ["CONVERGIA_PASSWORD"],
        "number": "525599999999" if mistake == "sends to a test number" else number,
        "message": text,
    }
    if mistake == "sends nothing":
        return 1
    over_soap = mistake in {
        "names another SOAPAction",
        "loses the euro silently",
        "warns of the euro by its escape",
    }
    if mistake == "warns of the euro by its escape":
        print("the gateway will not keep \\u20ac", file=sys.stderr)
    request = by_soap(arguments, mistake) if over_soap else by_http(arguments)
    if mistake == "prints the URL":
        print(request.full_url)
    if mistake == "hands the password on as an argument":
        command = [sys.executable, "-c", "import time; time.sleep(0.3)", arguments["password"]]
        subprocess.run(command, check=True, timeout=10)
    try:
        with urllib.request.urlopen(request, timeout=2) as reply:
            body = reply.read().decode("utf-8-sig").strip()
    except (OSError, HTTPError, http.client.HTTPException, ValueError):
        print("outcome unknown", file=sys.stderr)
        return 3
    if over_soap:
        found = re.search(r"<return[^>]*>([^<]*)</return>", body)
        body = found.group(1) if found else ""
    found = re.fullmatch(r"(\d{3})(\|\S+)?", body)
    if not found:
        print("outcome unknown", file=sys.stderr)
        return 3
    if found.group(1) == "100" and mistake != "waits for the word OK":
        print("accepted")
        return 0
    print("refused; try again later", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
