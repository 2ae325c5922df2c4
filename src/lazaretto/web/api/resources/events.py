"""The feed of events, for programs that go on where they stopped."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from lazaretto.core.events import EventKind
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Cursor, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
_FEED = {
    "responses": {
        200: {
            "description": "One JSON object per line; `Next-Cursor` says where to go on.",
            "headers": {"Next-Cursor": {"schema": {"type": "string"}}},
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        }
    }
}


@router.get(
    "/tenants/{tenant}/events",
    auth=Needs(Area.FEEDS, Right.VIEW_STATISTICS),
    response={200: None, **PROBLEMS},
    openapi_extra=_FEED,
    summary="Read the feed of events",
)
def read_events(
    request: HttpRequest,
    tenant: Name,
    kind: Annotated[list[EventKind], Query(description="Only these kinds; none = all.", max_length=50)] = [],  # noqa: B006 - ninja's own form
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Any:
    """Return events in the order in which they became known, one JSON object per line.

    Without a cursor it begins with the oldest that is kept.  At the end of the feed the answer is empty
    and `Next-Cursor` stays: ask again later with the same one.
    """
    scope: Scope = request.auth  # type: ignore[attr-defined]
    (after,) = parts_of(cursor, tuple[int]) if cursor else (0,)
    found = traffic.events(scope, max(0, min(after, 2**62)), kinds=kind, limit=limit)
    lines = [
        msgspec.json.encode(
            {
                "time": event.at,
                "event": event.kind,
                "message": event.message,
                "recipients": event.recipients,
                **event.details,
            }
        )
        for event in found
    ]
    response = HttpResponse(b"".join(line + b"\n" for line in lines), content_type="application/x-ndjson")
    response.headers["Next-Cursor"] = cursor_of(found[-1].shipped if found else after)
    return response
