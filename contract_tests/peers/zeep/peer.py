"""Stock zeep, given only the WSDL's URL. usage: python peer.py WSDL_URL.

It and our client share zeep; this one has zeep's own transport and its own reading of the reply.
"""

import json
import sys

import zeep

with zeep.Client(sys.argv[1]) as client:  # type: ignore[no-untyped-call]
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
