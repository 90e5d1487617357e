"""Logging in, logging out, and switching to another space."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import RedirectResponse

from convergia_mockserver.faces.paths import prefix_of
from convergia_mockserver.gateway import DEFAULT_SPACE, SpaceLimitError, SpaceNameError

from .forms import read_form
from .site import SESSION_COOKIE, VISITOR_COOKIE, is_secure

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .site import Site, Visit

_MAX_NAME = 200


class LoginPages:
    """The pages for people who are not logged in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, request: Request) -> Response:
        """Return the login page."""
        visit = self._site.visit(request)
        if visit.session is not None:
            return self._site.redirect(visit)
        return self._page(visit, request.query_params.get("next", ""))

    async def log_in(self, request: Request) -> Response:
        """Log in to a gateway account with a new session."""
        site = self._site
        visit = site.visit(request)
        form = await read_form(site, request, VISITOR_COOKIE)
        account, password = form.get("account", ""), form.get("password", "")
        wanted = form.get("next", "")
        address = request.client.host if request.client else ""
        # The limits apply over all spaces. A successful login does not reset them, because an
        # attacker may log in to an own account in between.
        keys = (
            (site.account_throttle, account[:_MAX_NAME]),
            (site.address_throttle, address),
        )
        wait = max(throttle.wait(key) for throttle, key in keys)
        if wait > 0:
            return self._page(visit, wanted, account, wait=wait)
        access, token = site.dispatcher.access, form.get("token", "").strip()
        grant = access.grant(token) if access is not None and token else None
        known = visit.space.accounts.authenticate(account, password)
        if not known or (token and access is not None and grant is None):
            for throttle, key in keys:
                throttle.failed(key)
            return self._page(visit, wanted, account, refused=True)
        if visit.session is not None:
            site.sessions.close(visit.session)
        session = site.sessions.open(visit.space.name, account, password, grant)
        response = site.redirect(visit, wanted)
        site.log_in(response, session, visit.root, secure=is_secure(request))
        return response

    async def log_out(self, request: Request) -> Response:
        """End the session in the browser and on the server."""
        site = self._site
        visit = site.visit(request)
        await read_form(site, request)
        if visit.session is not None:
            site.sessions.close(visit.session)
        response = site.redirect(visit, "login")
        response.delete_cookie(SESSION_COOKIE, visit.root, httponly=True, samesite="strict")
        return response

    async def go(self, request: Request) -> Response:
        """Switch to the portal of another space, with the same account if it is valid there."""
        site = self._site
        visit = site.visit(request)
        form = await read_form(site, request)
        if visit.session is None:
            return site.redirect(visit, "login")
        name = form.get("space", "").strip()
        try:
            space = site.world.space(name)
        except (SpaceNameError, SpaceLimitError) as error:
            visit.notice("space.refused", bad=True, reason=str(error))
            return site.redirect(visit)
        own = visit.root.removesuffix("/portal").removesuffix(_prefix(visit.space.name))
        root = f"{own}{_prefix(name)}/portal"
        response = RedirectResponse(f"{root}/", 303)
        known = visit.session
        if space.accounts.authenticate(known.account, known.password):
            session = site.sessions.open(name, known.account, known.password, known.grant)
            site.log_in(response, session, root, secure=is_secure(request))
        return response

    def to_login(self, visit: Visit) -> Response:
        """Redirect to the login page, and after the login to the requested page."""
        if visit.request.method != "GET":
            return self._site.redirect(visit, "login")
        url = visit.request.url
        wanted = url.path.removeprefix(visit.root).strip("/")
        if url.query:
            wanted += f"?{url.query}"
        return self._site.redirect(
            visit, f"login?next={quote(wanted, safe='')}" if wanted else "login"
        )

    def _page(
        self,
        visit: Visit,
        wanted: str,
        account: str = "",
        *,
        refused: bool = False,
        wait: float = 0.0,
    ) -> Response:
        seconds = math.ceil(wait)
        page = self._site.render(
            visit,
            "login.html",
            status=429 if wait else 403 if refused else 200,
            wanted=wanted,
            account=account,
            refused=refused,
            wait=seconds,
        )
        if wait:
            page.headers["retry-after"] = str(seconds)
        return page


def _prefix(space: str) -> str:
    return prefix_of(None if space == DEFAULT_SPACE else space)
