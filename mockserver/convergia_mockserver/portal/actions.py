"""The actions of the workbench: message states, scripts, the clock and test messages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from convergia_mockserver.faces.soap.composing import compose
from convergia_mockserver.faces.wire import RawRequest
from convergia_mockserver.gateway import FaultKind, ScriptError

from .filters import is_number
from .inbox_pages import own_message, scripts_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from convergia_mockserver.gateway import Event

    from .site import Site, Visit

_USER_AGENT = b"convergia-portal"
_CODE, _FAULT = "code-", "fault-"
_MOST_TIMES = 1000
_LONGEST_QUOTE = 40


class Actions:
    """The actions, which run on the server's loop and return the next page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def compose(self, visit: Visit) -> Response:
        """Return the form for a test message."""
        return self._site.render(
            visit,
            "send.html",
            values=dict(visit.request.query_params),
            reserved_numbers=self._site.world.reserved.values(),
        )

    def send(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Send a test message through a face of the gateway, and redirect to its journal entry.

        Faults do not affect this page. The entry shows what a sender would get.
        """
        session, guide = visit.user, self._site.world.guide
        arguments = {
            "username": session.account,
            "password": form.get("password") or session.password,
            "number": form.get("number", "").strip(),
            "message": form.get("message", "").replace("\r\n", "\n"),
        }
        if form.get("extra"):
            arguments["extra"] = form["extra"]
        profile, client = self._site.world.profile, visit.request.client
        headers = ((b"host", visit.request.url.netloc.encode()), (b"user-agent", _USER_AGENT))
        if form.get("transport") == "soap":
            method, path, query = "POST", guide.webservice.path, ""
            more, body = compose(profile, "send", arguments)
        else:
            method, path, more, body = "GET", guide.send.path, (), b""
            query = urlencode(arguments, encoding=profile.text.http_charset, errors="replace")
        request = RawRequest(
            method=method,
            path=path,
            query=query.encode(),
            headers=(*headers, *more),
            body=body,
            address=client.host if client else "127.0.0.1",
            scheme=visit.request.url.scheme,
            host=visit.request.url.netloc,
            prefix=visit.root.removesuffix("/portal"),
        )
        number = self._journalled(visit, request)
        return self._site.redirect(visit, f"requests/{number}" if number else "")

    def _journalled(self, visit: Visit, request: RawRequest) -> str:
        """Let the gateway answer a request, and return the number of its journal entry."""
        thread, numbers = threading.get_ident(), []

        def hear(event: Event) -> None:
            # A callback runs in the thread that causes the event. Ignore those of other threads.
            if event.kind == "request" and threading.get_ident() == thread:
                numbers.append(event.id)

        unsubscribe = visit.space.subscribe(hear)
        try:
            self._site.dispatcher.handle(request, visit.space.name)
        finally:
            unsubscribe()
        return numbers[-1] if numbers else ""

    def set_state(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Set the status code of a message for status queries from now on."""
        message = own_message(visit, visit.request.path_params["message_id"])
        try:
            visit.space.inbox.set_state(message.id, int(form.get("state", "")))
        except (ValueError, KeyError):
            raise HTTPException(400) from None
        visit.notice("message.state-set", id=message.id)
        return self._site.redirect(visit, f"messages/{message.id}")

    def delete(self, visit: Visit, form: Mapping[str, str]) -> Response:  # noqa: ARG002
        """Delete a message."""
        message = own_message(visit, visit.request.path_params["message_id"])
        visit.space.inbox.delete(message.id)
        visit.notice("message.deleted", id=message.id)
        return self._site.redirect(visit)

    def script(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Answer the account's next requests with a code or a fault."""
        answer, number = form.get("answer", ""), form.get("number", "").strip()
        times = form.get("times") or "1"
        if number and not is_number(number):
            visit.notice("script.bad-number", bad=True, number=number[:_LONGEST_QUOTE])
            return self._site.redirect(visit)
        if not (times.isascii() and times.isdecimal() and 1 <= int(times[:9]) <= _MOST_TIMES):
            visit.notice("script.bad-times", bad=True, times=times[:_LONGEST_QUOTE])
            return self._site.redirect(visit)
        try:
            visit.space.script(
                code=int(answer.removeprefix(_CODE)) if answer.startswith(_CODE) else None,
                fault=FaultKind(answer.removeprefix(_FAULT)) if answer.startswith(_FAULT) else None,
                seconds=3.0,
                times=int(times),
                account=visit.user.account,
                number=number or None,
            )
        except (ScriptError, ValueError):
            raise HTTPException(400) from None
        visit.notice("script.added")
        return self._site.redirect(visit)

    def remove_script(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Delete a script."""
        wanted = form.get("script", "")
        for state in scripts_for(visit):
            if str(state.id) == wanted:
                visit.space.scripts.remove(state.id)
        return self._site.redirect(visit)

    def set_clock(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Freeze, advance, resume or reset the clock."""
        clock = visit.space.clock
        try:
            match form.get("do"):
                case "freeze":
                    clock.freeze()
                case "resume":
                    clock.resume()
                case "reset":
                    clock.reset()
                case "advance":
                    clock.advance(float(form.get("seconds") or "0"))
                case _:
                    raise HTTPException(400)
        except ValueError:
            visit.notice("clock.refused", bad=True)
        return self._site.redirect(visit)
