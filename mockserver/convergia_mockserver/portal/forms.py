"""Reading forms, with limits on their size and a check that our own page sent them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException

from convergia_mockserver.server.app import read_body

from .site import SESSION_COOKIE, TOKEN_FIELD

if TYPE_CHECKING:
    from starlette.requests import Request

    from .site import Site

_MAX_BODY = 1024 * 1024
_MAX_FIELDS = 50
_ENCODING = "application/x-www-form-urlencoded"


async def read_form(site: Site, request: Request, cookie: str = SESSION_COOKIE) -> dict[str, str]:
    """Return the fields of a form. If a field comes twice, the last value counts.

    Args:
        site: the site that created the form's token.
        request: the request with the form.
        cookie: the cookie to whose value the token is bound.

    Raises:
        HTTPException: 400 if it is not a form, 403 if it is not from our own page, 413 if it is too
            long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _ENCODING:
        raise HTTPException(400)
    body = await read_body(request.receive, _MAX_BODY)
    if body is None:
        raise HTTPException(413)
    try:
        fields = dict(parse_qsl(body.decode(), True, errors="replace", max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise HTTPException(400) from None
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403)
    if not site.form_tokens.good(fields.pop(TOKEN_FIELD, ""), request.cookies.get(cookie)):
        raise HTTPException(403)
    return fields
