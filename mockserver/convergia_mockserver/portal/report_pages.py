"""The report of an account's messages, as in the portal that the guide describes."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from .chart import SLIM, WIDE, draw
from .csv_export import rows
from .filters import Filters, problems
from .report_totals import add_up

if TYPE_CHECKING:
    from starlette.responses import Response

    from .site import Site, Visit

PAGE = 100
# From the bottom of a bar to its top. States that only a person can set come last.
STATES = (3, 2, 0, 5, 6)


class ReportPages:
    """The pages of the report."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def show(self, visit: Visit) -> Response:
        """Return a page of the report. Only the first page has totals and charts."""
        asked = visit.request.query_params
        filters = Filters.of(asked)
        before = asked.get("before") or None
        query = filters.query(visit.user.account, visit.zone)
        found = list(islice(visit.space.inbox.scan(query, before=before), PAGE + 1))
        totals = None if before else add_up(visit.space.inbox.scan(query), visit.zone)
        return self._site.render(
            visit,
            "report.html",
            filters=filters,
            problems=problems(asked, filters),
            before=before,
            messages=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else None,
            totals=totals,
            charts=[draw(totals, STATES, room) for room in (WIDE, SLIM)]
            if totals and totals.messages
            else [],
            order=STATES,
            dropped=visit.space.inbox.dropped,
        )

    def csv(self, visit: Visit) -> Response:
        """Return the whole report as a CSV file."""
        filters = Filters.of(visit.request.query_params)
        messages = visit.space.inbox.scan(filters.query(visit.user.account, visit.zone))
        name = visit.space.clock.utc().astimezone(visit.zone).strftime("convergia-%Y%m%d-%H%M.csv")
        return StreamingResponse(
            rows(messages, visit.texts, visit.zone),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
