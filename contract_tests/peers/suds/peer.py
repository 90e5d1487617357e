"""suds, given only the WSDL's URL. usage: python peer.py WSDL_URL."""

import json
import sys

from suds.client import Client

client = Client(sys.argv[1], cache=None, timeout=10)
service = client.service

accepted = service.enviar_mensaje("demo", "demo", "525512345678", "Hola ñandú, adiós", "ref-1")
message_id = accepted.split("|")[1]

print(  # noqa: T201 - what the test reads
    json.dumps(
        {
            "accepted": accepted,
            "status": service.estatus_mensaje("demo", "demo", message_id),
            "refused": service.enviar_mensaje("demo", "wrong", "525512345678", "Hola", ""),
        }
    )
)
