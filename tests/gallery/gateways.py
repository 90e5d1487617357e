"""The gallery: gateways of two engines that differ from each assumption, and from one another.

Only the guide holds for all of them: its addresses, its HTTP parameters, its codes and its texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convergia_contract.reference import Habits

from tests.gallery.stranger import Stranger
from tests.gallery.wsdls import Shape, Wsdl, array, enumeration, struct

if TYPE_CHECKING:
    from collections.abc import Mapping

BOM = b"\xef\xbb\xbf"
NOTICE = b"<br />\n<b>Notice</b>: Undefined index: x in <b>/var/www/sms.php</b> on line <b>12</b>"
NUMBER_FIRST = (104, 103, 307, 105, 102, 101, 201, 202, 205, 204, 109, 110, 200, 254, 305, 306)


def _send(name: str, parts: str, **more: object) -> Shape:
    """A shape from `guide=wsdl` pairs; a part that the guide has no word for stands alone."""
    pairs = (pair.partition("=") for pair in parts.split())
    return Shape(name, {guide: part or guide for guide, _, part in pairs}, **more)  # type: ignore[arg-type]


_TEXT: Mapping[str, str] = {"return": "xsd:string"}


def _wsdl(send: Shape, status: Shape, name: str, **more: object) -> Wsdl:
    return Wsdl(send, status, name, f"urn:{name.lower()}", **more)  # type: ignore[arg-type]


GALLERY = (
    Stranger(
        "bar",
        _wsdl(
            _send("enviarSms", "username=usuario password=clave number=numero message=mensaje"
                  " extra=referencia"),
            _send("consultarSms", "username=usuario password=clave messageid=folio"),
            "RadioNorte",
        ),
        ("{code}|{id}", "{code}"),
    ),
    Stranger(
        "comma, struct of int and text",
        _wsdl(
            _send("mandaMensaje", "username=usr password=pwd number=celular message=texto"
                  " extra=dato", results={"resultado": "tns:Respuesta"}),
            _send("estadoMensaje", "username=usr password=pwd messageid=idMensaje",
                  results={"estado": "xsd:int"}),
            "AvisoExpress",
            schema=struct("Respuesta", codigo="xsd:int", idMensaje="xsd:string"),
        ),
        ("{code},{id}", "{code},"),
        soap=({"codigo": "{code}", "idMensaje": "{id}"}, {"codigo": "{code}", "idMensaje": ""}),
        engine="ext-soap",
    ),
    Stranger(
        "label beside the id",
        _wsdl(
            _send("EnviaTexto", "number=destino message=contenido extra=etiqueta username=login"
                  " password=contrasena"),
            _send("EstatusTexto", "messageid=identificador username=login password=contrasena"),
            "BajioMensajes",
        ),
        ("{code} - Mensaje Enviado Correctamente - ID: {id}", "{code} - {text}"),
        "{code} - {text}",
    ),
    Stranger(
        "OK: code, folio id",
        _wsdl(
            _send("submitSms", "username=user password=pass number=msisdn message=body extra=tag"),
            _send("querySms", "username=user password=pass messageid=smsId"),
            "CelularUno",
            style="document",
        ),
        ("OK: {code}, folio {id}", "ERROR: {code}, {text}"),
        "Estatus: {code}",
        engine="ext-soap",
    ),
    Stranger(
        "pairs with HTML entities",
        _wsdl(
            _send("send_message", "username=account password=secret number=phone message=msg"
                  " extra=reference"),
            _send("message_state", "username=account password=secret messageid=message_id"),
            "PairedSms",
        ),
        ("codigo={code}&amp;id={id}", "codigo={code}&amp;error={text}"),
        "estatus={code}&amp;texto={text}",
    ),
    Stranger(
        "a separator at the end",
        _wsdl(
            _send("EnviarSMS", "username=cuenta password=pin number=telefono message=cuerpo"
                  " extra=adicional"),
            _send("EstatusSMS", "username=cuenta password=pin messageid=ticket"),
            "FinalBar",
            style="document",
        ),
        ("{code}|{id}|", "{code}|"),
        "{code}|",
        engine="ext-soap",
        precedence=NUMBER_FIRST,
    ),
    Stranger(
        "JSON array",
        _wsdl(
            _send("sms.enviar".replace(".", "_"), "username=usuario_api password=clave_api"
                  " number=movil message=sms extra=custom"),
            _send("sms_consultar", "username=usuario_api password=clave_api messageid=sms_id"),
            "JsonLista",
        ),
        ('[{code}, "{id}"]', "[{code}]"),
        "[{code}]",
        content_type="application/json",
        id_format="sms-%04x",
    ),
    Stranger(
        "HTML table, two results",
        _wsdl(
            _send("nuevoMensaje", "username=nombre_usuario password=password number=para"
                  " message=texto_mensaje extra=ref",
                  results={"codigo": "xsd:int", "folio": "xsd:string"}),
            _send("verEstatus", "username=nombre_usuario password=password messageid=folio",
                  results={"estatus": "xsd:int"}),
            "TablaSms",
        ),
        ("<table><tr><td>{code}</td><td>{id}</td></tr></table>",
         "<table><tr><td>{code}</td><td>{text}</td></tr></table>"),
        "<table><tr><td>{code}</td></tr></table>",
        soap=({"codigo": "{code}", "folio": "{id}"}, {"codigo": "{code}", "folio": ""}),
        soap_status="{code}",
        engine="ext-soap",
    ),
    Stranger(
        "lines of HTML",
        _wsdl(
            _send("enviar", "username=usuario password=passwd number=num message=texto"
                  " extra=extra"),
            _send("estatus", "username=usuario password=passwd messageid=id"),
            "BreakSms",
        ),
        ("Codigo: {code}<br>ID: {id}<br>", "Codigo: {code}<br>Error: {text}<br>"),
        "Estatus: {code}<br>",
    ),
    Stranger(
        "XML attributes",
        _wsdl(
            _send("AltaMensaje", "username=Usuario password=Clave number=Celular"
                  " message=TextoMensaje extra=Referencia"),
            _send("ConsultaMensaje", "username=Usuario password=Clave messageid=NumeroMensaje"),
            "AtributoSms",
            style="document",
        ),
        ('<respuesta codigo="{code}" id="{id}"/>', '<respuesta codigo="{code}" error="{text}"/>'),
        '<respuesta estatus="{code}"/>',
        engine="ext-soap",
        content_type="text/xml; charset=utf-8",
    ),
    Stranger(
        "labels in ISO-8859-1",
        _wsdl(
            _send("enviarTexto", "username=usuario password=contraseña number=número_celular"
                  " message=mensaje extra=referencia"),
            _send("consultarTexto", "username=usuario password=contraseña messageid=id_envío"),
            "LatinoSms",
        ),
        ("Código: {code}; Descripción: Envío aceptado; Folio: {id}",
         "Código: {code}; Descripción: {text}"),
        "Código: {code}; Descripción: {text}",
        content_type="text/html; charset=ISO-8859-1",
        habits=Habits(http_charset="ISO-8859-1"),
        precedence=NUMBER_FIRST,
    ),
    Stranger(
        "BOM and a notice before",
        _wsdl(
            _send("enviaSms", "username=usuario password=clave number=celular message=mensaje"
                  " extra=dato_extra"),
            _send("estatusSms", "username=usuario password=clave messageid=id_mensaje"),
            "RuidoSms",
        ),
        ("{code}|{id}", "{code}|{text}"),
        habits=Habits(before={"http": BOM + NOTICE + b"\n", "soap": BOM + NOTICE + b"\n"}),
    ),
    Stranger(
        "blank lines before",
        _wsdl(
            _send("mandar", "username=usuario password=clave number=destinatario message=mensaje"
                  " extra=referencia"),
            _send("estado", "username=usuario password=clave messageid=folio"),
            "LineasSms",
            style="document",
        ),
        ("{code};{id}", "{code};{text}"),
        engine="ext-soap",
        habits=Habits(before={"http": b"\r\n\r\n", "soap": b"\n\n"}),
    ),
    Stranger(
        "a BOM that Content-Length leaves out",
        _wsdl(
            _send("enviar_texto", "username=usuario password=clave number=telefono"
                  " message=texto extra=extra"),
            _send("estado_texto", "username=usuario password=clave messageid=clave_mensaje"),
            "CortoSms",
        ),
        ("{code}|{id}", "{code}"),
        habits=Habits(before={"http": BOM, "soap": BOM}, counts_reply_alone=True),
    ),
    Stranger(
        "a charset for Content-Encoding",
        _wsdl(
            _send("PutMessage", "username=ApiUser password=ApiPassword number=Recipient"
                  " message=MessageBody extra=ClientRef",
                  results={"PutMessageResult": "tns:Reply"}),
            _send("GetState", "username=ApiUser password=ApiPassword messageid=TrackingId",
                  results={"GetStateResult": "tns:State"}),
            "EncodedSms",
            style="document",
            schema=struct("Reply", ResponseCode="xsd:int", TrackingId="xsd:string")
            + struct("State", StatusCode="xsd:int", Description="xsd:string"),
        ),
        ('{"responseCode": {code}, "trackingId": "{id}"}', '{"responseCode": {code}}'),
        '{"statusCode": {code}, "description": "{text}"}',
        soap=({"ResponseCode": "{code}", "TrackingId": "{id}"},
              {"ResponseCode": "{code}", "TrackingId": ""}),
        soap_status={"StatusCode": "{code}", "Description": "{text}"},
        engine="ext-soap",
        content_type="application/json",
        habits=Habits(http_headers=("Content-Encoding: UTF-8",)),
    ),
    Stranger(
        "a struct in a struct, JSON in JSON",
        _wsdl(
            _send("registrar", "username=usuario password=clave number=numero message=mensaje"
                  " extra=referencia", results={"return": "tns:Sobre"}),
            _send("consultar", "username=usuario password=clave messageid=folio",
                  results={"return": "tns:Estado"}),
            "SobreSms",
            schema=struct("Datos", codigo="xsd:int", folio="xsd:string")
            + struct("Sobre", datos="tns:Datos") + struct("Estado", estatus="xsd:int"),
        ),
        ('{"resultado": {"codigo": {code}, "folio": "{id}"}}',
         '{"resultado": {"codigo": {code}, "detalle": "{text}"}}'),
        '{"resultado": {"estatus": {code}}}',
        soap=({"datos": {"codigo": "{code}", "folio": "{id}"}},
              {"datos": {"codigo": "{code}", "folio": ""}}),
        soap_status={"estatus": "{code}"},
        id_format="%d00",
    ),
    Stranger(
        "the id is an int",
        _wsdl(
            _send("sendText", "username=username password=password number=number message=message"
                  " extra=extra", results={"return": "tns:Sent"}),
            _send("textStatus", "username=username password=password messageid=id",
                  results={"return": "xsd:int"}, types={"id": "xsd:int"}),
            "EnteroSms",
            schema=struct("Sent", code="xsd:int", id="xsd:int"),
        ),
        ("status={code};id={id}", "status={code};message={text}"),
        "status={code}",
        soap=({"code": "{code}", "id": "{id}"}, {"code": "{code}", "id": "0"}),
        soap_status="{code}",
    ),
    Stranger(
        "a priority that must be given",
        _wsdl(
            _send("enviarPrioridad", "username=usuario password=clave number=numero"
                  " message=mensaje extra=referencia prioridad",
                  types={"prioridad": "tns:Prioridad"}),
            _send("estatusPrioridad", "username=usuario password=clave messageid=folio"),
            "PrioridadSms",
            schema=enumeration("Prioridad", "alta", "normal"),
        ),
        ("{code}\t{id}", "{code}\t{text}"),
        engine="ext-soap",
    ),
    Stranger(
        "a flash and a date that may be left out",
        _wsdl(
            _send("Enviar", "username=Usuario password=Contrasena number=Movil"
                  " message=Mensaje extra=Referencia flash fecha",
                  types={"flash": "xsd:boolean", "fecha": "xsd:dateTime"},
                  optional=("flash", "fecha"), results={"EnviarResult": "xsd:string"}),
            _send("Consultar", "username=Usuario password=Contrasena messageid=Folio",
                  results={"ConsultarResult": "xsd:string"}),
            "FechaSms",
            style="document",
        ),
        ("{code} {id}", "{code} {text}"),
        engine="ext-soap",
        id_format="%08d-4000-8000",
    ),
    Stranger(
        "id before code",
        _wsdl(
            _send("nuevo", "username=usuario password=clave number=celular message=mensaje"
                  " extra=referencia"),
            _send("revisar", "username=usuario password=clave messageid=folio"),
            "InversoSms",
        ),
        ("{id};{code}", ";{code}"),
        id_format="M%d",
        precedence=NUMBER_FIRST,
    ),
    Stranger(
        "an array of texts",
        _wsdl(
            _send("sendSMS", "username=user password=pwd number=to message=text extra=label",
                  results={"return": "tns:Lista"}),
            _send("statusSMS", "username=user password=pwd messageid=messageId",
                  results={"return": "tns:Lista"}),
            "ListaSms",
            schema=array("Lista", "xsd:string"),
        ),
        ("{code}\t{id}", "{code}"),
        soap=(["{code}", "{id}"], ["{code}"]),
        soap_status=["{code}"],
    ),
    Stranger(
        "two lines",
        _wsdl(
            _send("enviar_sms", "username=usuario password=clave number=celular"
                  " message=texto extra=referencia"),
            _send("estatus_sms", "username=usuario password=clave messageid=folio"),
            "RenglonSms",
            other=("saldo", "version"),
        ),
        ("{code}\r\n{id}\r\n", "{code}\r\n{text}\r\n"),
        "{code}\r\n",
        content_type="text/plain",
    ),
    Stranger(
        "XML elements",
        _wsdl(
            _send("Envio", "username=usuario password=clave number=telefono message=mensaje"
                  " extra=etiqueta"),
            _send("Estado", "username=usuario password=clave messageid=folio"),
            "ElementoSms",
        ),
        ("<?xml version='1.0'?><sms><codigo>{code}</codigo><folio>{id}</folio></sms>",
         "<?xml version='1.0'?><sms><codigo>{code}</codigo><error>{text}</error></sms>"),
        "<?xml version='1.0'?><sms><estatus>{code}</estatus></sms>",
        content_type="text/xml",
    ),
    Stranger(
        "a notice behind",
        _wsdl(
            _send("enviarMensajeTexto", "username=usuario password=clave number=numero_destino"
                  " message=mensaje extra=referencia"),
            _send("estatusMensajeTexto", "username=usuario password=clave messageid=id_sms"),
            "ColaSms",
            style="document",
        ),
        ("{code}|{id}|{text}", "{code}||{text}"),
        engine="ext-soap",
        habits=Habits(after={"http": b"\n" + NOTICE, "soap": b"\n<!-- 0.012 s -->\n"}),
    ),
    Stranger(
        "names that say nothing, replies without a code",
        _wsdl(
            _send("f1", "username=a password=b number=c message=d extra=e"),
            _send("f2", "username=a password=b messageid=c"),
            "Mudo",
        ),
        ("Gracias", "Gracias"),
        "Gracias",
    ),
    Stranger(
        "HTML page around JSON",
        _wsdl(
            _send("EnvioSMS", "username=login password=password number=celular message=mensaje"
                  " extra=referencia", results={"salida": "xsd:string"}),
            _send("EstatusEnvio", "username=login password=password messageid=idEnvio",
                  results={"salida": "xsd:string"}),
            "PaginaSms",
            style="document",
        ),
        ('<html><body>{"estatus":"{code}","idEnvio":"{id}","mensaje":"{text}"}</body></html>',
         '<html><body>{"estatus":"{code}","mensaje":"{text}"}</body></html>'),
        '<html><body>{"estatus":"{code}","mensaje":"{text}"}</body></html>',
        engine="ext-soap",
    ),
)  # fmt: skip
"""Each answers each call of the guide; none answers as another does."""
