"""The common parts of the portal's pages: the visitor, the language and the rendering."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from convergia_mockserver.server.app import SPACE

from .badges import badge, hides_reply, takes_message
from .languages import LANGUAGES, Texts, load_texts
from .safe_text import excerpt, visible
from .script_words import answers, conditions
from .sessions import FormTokens, Notice, PortalSession, Sessions
from .throttle import Throttle

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from convergia_mockserver.gateway import AccountView, Space, World
    from convergia_mockserver.server.dispatch import Dispatcher

TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name
SESSION_COOKIE = "convergia_portal"
VISITOR_COOKIE = "convergia_portal_visitor"
LANGUAGE_COOKIE = "convergia_portal_language"
THEME_COOKIE = "convergia_portal_theme"
THEMES = ("auto", "light", "dark")
# The path of a page of this portal, with an optional query. It cannot lead to another site.
_PAGE = re.compile(r"[a-z0-9][a-z0-9/._-]*(?:\?[A-Za-z0-9%&=+._~-]*)?|")
_DEFAULT_ZONE = "America/Mexico_City"
_YEAR = 365 * 86_400


@dataclass
class Visit:
    """A request to the portal, with everything that a page needs.

    Attributes:
        request: the request.
        root: the prefix of the portal's paths: `/portal` or `/s/NAME/portal`.
        space: the space of the request.
        session: the session. None if the visitor is not logged in.
        texts: the texts in the visitor's language.
        theme: one of `THEMES`.
        visitor: the random cookie of a visitor who is not logged in, to which forms are bound.
        chosen: cookies to set, because the visitor chose a language or a theme.
    """

    request: Request
    root: str
    space: Space
    session: PortalSession | None
    texts: Texts
    theme: str
    visitor: str
    chosen: dict[str, str] = field(default_factory=dict)

    def url(self, page: str = "") -> str:
        """Return the path of a page of the portal."""
        return f"{self.root}/{page}"

    @property
    def user(self) -> PortalSession:
        """The session of the logged-in visitor."""
        if self.session is None:
            raise RuntimeError("a page that needs no login must not use the session")
        return self.session

    @cached_property
    def account(self) -> AccountView | None:
        """The account of the logged-in visitor, or None."""
        return None if self.session is None else self.space.accounts.get(self.session.account)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The timezone of the account."""
        try:
            return ZoneInfo(self.account.timezone if self.account else _DEFAULT_ZONE)
        except (KeyError, ValueError, OSError):
            return ZoneInfo(_DEFAULT_ZONE)

    def local(self, at: datetime) -> str:
        """Return a time as text, in the account's timezone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def notice(self, key: str, *, bad: bool = False, **values: str) -> None:
        """Show a notice on the next page."""
        if self.session is not None:
            self.session.notices.append(Notice(key, values, bad))


class Site:
    """The state of the portal between requests. Thread-safe.

    Args:
        dispatcher: the dispatcher of the server.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher
        self.world: World = dispatcher.world
        self.sessions: Sessions = Sessions()
        self.form_tokens: FormTokens = FormTokens()
        self.account_throttle: Throttle = Throttle(limit=5, seconds=60.0)
        self.address_throttle: Throttle = Throttle(limit=50, seconds=60.0)
        self._texts = load_texts()
        self._templates = Environment(
            loader=PackageLoader(__package__ or ""),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(visible=visible, excerpt=excerpt)
        self._templates.globals.update(
            badge=badge,
            hides_reply=hides_reply,
            takes_message=takes_message,
            answers=answers,
            conditions=conditions,
        )

    def visit(self, request: Request) -> Visit:
        """Return the visit for a request.

        Raises:
            SpaceNameError, SpaceLimitError: see `World.space`.
        """
        space = self.world.space(cast("str", request.scope[SPACE]))
        cookies, asked = request.cookies, request.query_params
        session = self.sessions.find(cookies.get(SESSION_COOKIE), space.name)
        if session and not space.accounts.authenticate(session.account, session.password):
            self.sessions.close(session)
            session = None
        chosen: dict[str, str] = {}
        language = _choice("language", asked.get("language"), cookies, LANGUAGES, chosen)
        theme = _choice("theme", asked.get("theme"), cookies, THEMES, chosen)
        visitor = cookies.get(VISITOR_COOKIE, "")
        if session is None and not visitor:
            visitor = chosen["visitor"] = secrets.token_urlsafe(24)
        root = cast("str", request.scope["root_path"])
        return Visit(request, root, space, session, self._texts[language], theme, visitor, chosen)

    def may_control(self, session: PortalSession | None) -> bool:
        """Return True if a session may do more than send. Without admin tokens any may."""
        if self.dispatcher.access is None:
            return True
        if session is None or session.grant is None:
            return False
        return session.grant.objection(session.space, writes=True) is None

    def form_token(self, visit: Visit) -> str:
        """Return the token for the forms of this page."""
        return self.form_tokens.make(visit.session.token if visit.session else visit.visitor)

    def render(
        self, visit: Visit, template: str, *, status: int = 200, **values: object
    ) -> HTMLResponse:
        """Render a page."""
        notices: list[Notice] = []
        if visit.session is not None and status < 400:  # noqa: PLR2004
            notices, visit.session.notices = visit.session.notices, []
        body = self._templates.get_template(template).render(
            visit=visit,
            relays=self.dispatcher.relay is not None,
            asks_for_token=self.dispatcher.access is not None,
            may_control=self.may_control(visit.session),
            t=visit.texts,
            url=visit.url,
            local=visit.local,
            token=lambda: _hidden(TOKEN_FIELD, self.form_token(visit)),
            query=_query,
            keep=lambda name, value: _query(**{**visit.request.query_params, name: value}),
            example=self._example(visit),
            notices=notices,
            languages=LANGUAGES,
            themes=THEMES,
            spaces=self.world.names if visit.session else [],
            codes={known.code: known.text for known in self.world.guide.send.codes},
            states={known.code: known.text for known in self.world.guide.status.codes},
            **values,
        )
        response = HTMLResponse(body, status)
        self._remember(visit, response)
        return response

    def redirect(self, visit: Visit, page: str = "") -> RedirectResponse:
        """Redirect to a page of this portal, or to its first page if the path is invalid."""
        wanted = page if _PAGE.fullmatch(page) and ".." not in page else ""
        response = RedirectResponse(visit.url(wanted), 303)
        self._remember(visit, response)
        return response

    def log_in(
        self, response: Response, session: PortalSession, root: str, *, secure: bool
    ) -> None:
        """Set the session's cookie, which is only valid for the portal of its space."""
        response.set_cookie(
            SESSION_COOKIE, session.token,
            path=root, httponly=True, samesite="strict", secure=secure,
        )  # fmt: skip

    def _example(self, visit: Visit) -> str:
        """Return the URL of a first message, for a visitor whose inbox is empty."""
        guide, url = self.world.guide, visit.request.url
        root = f"{url.scheme}://{url.netloc}{visit.root.removesuffix('/portal')}"
        user = visit.session.account if visit.session else "demo"
        password = user if user == "demo" else "CONTRASEÑA"
        query = {
            "username": user,
            "password": password,
            "number": "525512345678",
            "message": "Hola",
        }
        return f"{root}{guide.send.path}?{urlencode(query, safe='Ñ')}"

    def _remember(self, visit: Visit, response: Response) -> None:
        names = {"language": LANGUAGE_COOKIE, "theme": THEME_COOKIE, "visitor": VISITOR_COOKIE}
        for name, value in visit.chosen.items():
            response.set_cookie(
                names[name], value,
                path=visit.root if name == "visitor" else "/",
                max_age=None if name == "visitor" else _YEAR,
                httponly=True, samesite="strict", secure=is_secure(visit.request),
            )  # fmt: skip


def _hidden(name: str, value: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def _query(**values: object) -> str:
    return urlencode({name: str(value) for name, value in values.items() if value})


def is_secure(request: Request) -> bool:
    """Return True if the browser used HTTPS."""
    return request.url.scheme == "https"


def _choice(
    name: str,
    asked: str | None,
    cookies: dict[str, str],
    known: tuple[str, ...] | dict[str, str],
    chosen: dict[str, str],
) -> str:
    """Return the value in the query, or else the one chosen before, or else the first."""
    if asked is not None and asked in known:
        chosen[name] = asked
        return asked
    before = cookies.get(f"{SESSION_COOKIE}_{name}")
    return before if before is not None and before in known else next(iter(known))
