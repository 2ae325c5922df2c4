"""Idempotency keys: a POST that is sent again is answered as before, and done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from lazaretto.store.people.models import Replay
from lazaretto.web.api.problems import problem

_HEADER: Final = "Idempotency-Key"
_KEPT: Final = timedelta(hours=24)
_LONGEST_KEY: Final = 128
_GIVEN_UP: Final = timedelta(minutes=5)
"""A first request that has not ended by then never will: its process died."""


class Replaying:
    """Remembers the answers to POSTs of the API that carry a key, for a day."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer ``request``, from memory where it was answered before."""
        key = request.headers.get(_HEADER, "")
        if request.method != "POST" or not key or not request.path.startswith("/api/"):
            return self._get_response(request)
        if len(key) > _LONGEST_KEY or not key.isprintable():
            return problem(400, f"{_HEADER} is at most {_LONGEST_KEY} printable characters")
        return self._answered(request, _owner_of(request), key, _digest_of(request))

    def _answered(self, request: HttpRequest, owner: str, key: str, digest: str) -> HttpResponse:
        now = datetime.now(UTC)
        Replay.objects.filter(owner=owner, at__lt=now - _KEPT).delete()
        Replay.objects.filter(owner=owner, status=None, at__lt=now - _GIVEN_UP).delete()
        try:
            with transaction.atomic():
                replay = Replay.objects.create(owner=owner, key=key, request=digest)
        except IntegrityError:
            return _told_again(owner, key, digest)
        response = self._get_response(request)
        if response.status_code in (401, 429) or response.status_code >= 500:
            # Nothing was done, or nobody knows: the next one may try.
            replay.delete()
            return response
        replay.status = response.status_code
        replay.content_type = response.headers.get("Content-Type", "")
        # A secret is shown once; only that it was made is remembered.
        is_secret = getattr(request, "answers_with_secret", False)
        replay.body = "" if is_secret else response.content.decode("utf-8", "replace")
        replay.save()
        return response


def _told_again(owner: str, key: str, digest: str) -> HttpResponse:
    replay = Replay.objects.filter(owner=owner, key=key).first()
    if replay is None or replay.status is None:
        return problem(409, "the first request with this key is still being answered; ask again in a moment")
    if replay.request != digest:
        return problem(422, f"this {_HEADER} was used for another request; choose another key")
    if not replay.body and replay.status == 201:
        return problem(409, "this was done already, and its secret is not shown twice")
    response = HttpResponse(replay.body, status=replay.status, content_type=replay.content_type)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _owner_of(request: HttpRequest) -> str:
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()


def _digest_of(request: HttpRequest) -> str:
    asked = json.dumps([request.method, request.get_full_path(), hashlib.sha256(request.body).hexdigest()])
    return hashlib.sha256(asked.encode()).hexdigest()
