"""Every spelling in which a gateway may return a secret, for the tests of masking."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

SECRET = "Ñandú & <Año>'23\"/"


def with_accents(capital: str, small: str, vowel: str) -> str:
    """The secret with other things where its accents stand."""
    return SECRET.replace("Ñ", capital).replace("ñ", small).replace("ú", vowel)


SPELLINGS = {
    "UTF-8": SECRET.encode(),
    "ISO-8859-1": SECRET.encode("latin-1"),
    "HTML": html.escape(SECRET).encode(),
    "HTML, PHP's apostrophe": html.escape(SECRET).replace("&#x27;", "&#039;").encode(),
    "named references": html.escape(SECRET, quote=False)
    .replace("Ñ", "&Ntilde;").replace("ñ", "&ntilde;").replace("ú", "&uacute;").encode(),
    "names without semicolons": with_accents("&Ntilde", "&ntilde", "&uacute;").encode(),
    "decimal references": SECRET.encode("ascii", "xmlcharrefreplace"),
    "all decimal": "".join(f"&#{ord(each)};" for each in SECRET).encode(),
    "all hexadecimal": "".join(f"&#x{ord(each):X};" for each in SECRET).encode(),
    "lower-case hexadecimal": "".join(f"&#x00{ord(each):x};" for each in SECRET).encode(),
    "escaped twice": html.escape(html.escape(SECRET)).encode(),
    "JSON": json.dumps(SECRET)[1:-1].encode(),
    "JSON, upper case": json.dumps(SECRET)[1:-1].replace("\\u00d1", "\\u00D1").encode(),
    "JSON, PHP's slash": json.dumps(SECRET)[1:-1].replace("/", "\\/").encode(),
    "JSON in JSON": json.dumps(json.dumps(SECRET))[3:-3].encode(),
    "percent-encoded": quote(SECRET, "").encode(),
    "percent-encoded, lower case": quote(SECRET, "").replace("%C3", "%c3").encode(),
    "percent-encoded, plus": quote_plus(SECRET).encode(),
    "percent-encoded ISO-8859-1": quote(SECRET, "", "latin-1").encode(),
    "percent-encoded twice": quote(quote(SECRET, ""), "").encode(),
    "mojibake": SECRET.encode().decode("latin-1").encode(),
    "mojibake, Windows": SECRET.encode().decode("cp1252", "replace").encode(),
    "repr of bytes": repr(SECRET.encode())[2:-1].encode(),
    "repr of ISO-8859-1 bytes": repr(SECRET.encode("latin-1"))[2:-1].encode(),
    "Base64": base64.b64encode(SECRET.encode()),
    "Base64 of user and password": base64.b64encode(f"demo:{SECRET}".encode()),
    "Base64 within more": base64.b64encode(f"ab{SECRET} and more".encode()),
    "URL-safe Base64": base64.urlsafe_b64encode(f"u:{SECRET}".encode()),
    "Base64 of ISO-8859-1": base64.b64encode(SECRET.encode("latin-1")),
    "accents dropped": SECRET.encode("ascii", "ignore"),
    "accents to question marks": SECRET.encode("ascii", "replace"),
    "each byte a question mark": with_accents("??", "??", "??").encode(),
    "accents to their letters": with_accents("N", "n", "u").encode(),
    "replacement characters": with_accents("\ufffd", "\ufffd", "\ufffd").encode(),
    "decomposed": "N\u0303andu\u0301 & <An\u0303o>'23\"/".encode(),
}  # fmt: skip
