"""A browser without JavaScript: cookies, forms and redirects over a real socket."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass(frozen=True)
class Page:
    status: int
    url: str
    headers: Message
    text: str


class Browser:
    """A visitor of a portal."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, page: str = "") -> Page:
        return self._open(urllib.request.Request(self.root + page))

    def post(self, page: str, fields: dict[str, str], **headers: str) -> Page:
        """A form as it is, with no token but one of the fields."""
        body = urllib.parse.urlencode(fields).encode()
        return self._open(urllib.request.Request(self.root + page, body, headers))

    def submit(self, page: str, _on: str = "", **fields: str) -> Page:
        """A form of the page `_on`, with the token that it carries."""
        return self.post(page, {**fields, "form_token": self.token(_on)})

    def token(self, page: str = "") -> str:
        found = _TOKEN.search(self.get(page).text)
        assert found is not None
        return found[1]

    def log_in(self, account: str = "demo", password: str = "demo", following: str = "") -> Page:
        return self.submit("login", "login", account=account, password=password, next=following)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=20) as reply:
                return Page(reply.status, reply.url, reply.headers, reply.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.url or "", error.headers, error.read().decode())
