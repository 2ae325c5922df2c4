"""How the API behaves towards programs: problems, pages, repeated orders, limits, and its own description."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from lazaretto.web.api.rates import Rates, TooManyRequests
from tests.portal.conftest import Program

pytestmark = pytest.mark.integration


def test_a_repeated_order_is_answered_as_before(administrator: Program) -> None:
    person = {"email": f"{uuid4().hex[:8]}@people.example", "role": "read-only"}
    key = uuid4().hex

    first = administrator.post("/tenants/acme/accounts", person, Idempotency_Key=key)
    again = administrator.post("/tenants/acme/accounts", person, Idempotency_Key=key)
    other = administrator.post("/tenants/acme/accounts", {**person, "role": "help-desk"}, Idempotency_Key=key)

    assert (first.status, again.status, again.text) == (201, 201, first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status == 422


def test_a_key_is_its_owners_own(administrator: Program, stranger: Program) -> None:
    key = uuid4().hex
    body = {"ids": [str(uuid4())]}
    administrator.post("/tenants/acme/quarantine/release", body, Idempotency_Key=key)

    answer = stranger.post("/tenants/zeta/quarantine/release", body, Idempotency_Key=key)

    assert answer.status == 200
    assert "Idempotency-Replayed" not in answer.headers


def test_a_list_goes_on_where_the_page_before_ended(operator: Program) -> None:
    first = operator.get("/tenants?limit=1").json
    second = operator.get(f"/tenants?limit=1&cursor={first['next']}").json

    assert first["items"][0]["name"] < second["items"][0]["name"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/tenants?cursor=nonsense", 422, id="foreign cursor"),
        pytest.param("/tenants?limit=0", 422, id="empty page"),
        pytest.param("/tenants/acme/messages?client_ip=everywhere", 422, id="no address"),
        pytest.param("/tenants/acme/messages/no-id", 422, id="no id"),
        pytest.param(f"/tenants/acme/messages/{uuid4()}", 404, id="unknown message"),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(administrator: Program, path: str, status: int) -> None:
    answer = administrator.get(path)

    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_is_no_json_is_a_problem(administrator: Program) -> None:
    from django.test import Client

    response = Client().post(
        "/api/v1/tokens",
        b"{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {administrator.token}"},
    )

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_requests_for_another_host_are_not_answered(store: StoreSettings) -> None:
    from django.test import Client

    assert Client().get("/api/v1/me", headers={"host": "evil.example"}).status_code == 421


def test_answers_are_hardened(administrator: Program) -> None:
    headers = administrator.get("/me").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_all_processes_count_together(store: StoreSettings) -> None:
    from lazaretto.store.rates import wait_after_spending

    key, now = uuid4().hex, datetime.now(UTC)
    waits = [wait_after_spending(key, 2, now) for _ in range(3)]

    assert waits == [timedelta(), timedelta(), timedelta(seconds=30)]
    assert wait_after_spending(key, 2, now + timedelta(seconds=31)) == timedelta()
    assert wait_after_spending(uuid4().hex, 2, now) == timedelta()


def test_a_bucket_fills_evenly() -> None:
    rates = Rates(per_minute=60)
    for _ in range(60):
        rates.spend("a", now=0)

    with pytest.raises(TooManyRequests) as told:
        rates.spend("a", now=0.5)

    assert told.value.after == 1
    rates.spend("b", now=0.5)
    rates.spend("a", now=1.5)


@pytest.mark.parametrize("path", ["/tokens", "/tenants/acme/accounts", "/tenants/acme/reports"])
def test_what_no_database_keeps_is_refused_as_a_mistake(administrator: Program, path: str) -> None:
    body = {"name": "a\x00b", "email": "x@people.example", "message": "a\x00b", "is_spam": True}

    assert administrator.post(path, body).status == 422
