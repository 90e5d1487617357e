"""The guide's two tables, copied from the guide and not from `guide.toml`.

`test_guide.py` compares the two copies to find mistakes in either.
"""

from __future__ import annotations

SEND_CODES = {
    100: "Mensaje Enviado Correctamente",
    101: "API User no incluido en la cadena original.",
    102: "API Password no incluido en la cadena original.",
    103: "Texto del SMS no incluido en la cadena original.",
    104: "Número celular del SMS no incluido en la cadena original.",
    105: "Tamaño de mensaje excedido",
    109: "Error En red",
    110: "Error En red",
    200: "Error de Sistema",
    201: "Usuario o password incorrectos.",
    202: "IP No permitida para esta acción",
    204: "Numero de mensajes permitidos superado",
    205: "Trafico no permitido",
    254: "Error al enviar el mensaje.",
    305: "Error de Sistema",
    306: "Error de Sistema",
    307: "Numero incorrecto",
}

STATUS_CODES = {
    0: "Pendiente",
    2: "Fallido",
    3: "Entregado",
    5: "Error de Autenticación",
    6: "Mensaje no Encontrado",
}

ACCEPTED = 100
REFUSALS = [code for code in SEND_CODES if code != ACCEPTED]
WRONG_CREDENTIALS = 5
NOT_FOUND = 6
DELIVERY_STATES = [code for code in STATUS_CODES if code not in (WRONG_CREDENTIALS, NOT_FOUND)]

MISSING = {"username": 101, "password": 102, "message": 103, "number": 104}
"""The code of each missing parameter: the guide's 101 to 104."""
