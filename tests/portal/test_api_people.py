"""Accounts and tokens: nobody gives more than they have, secrets are shown once, everything is recorded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program, with_grant

pytestmark = pytest.mark.integration


def a_person(role: str = "read-only", **given: Any) -> dict[str, Any]:
    return {"email": f"{uuid4().hex[:10]}@people.example", "role": role, **given}


def test_an_account_is_added_changed_and_removed(administrator: Program) -> None:
    added = administrator.post("/tenants/acme/accounts", a_person())
    path = f"/tenants/acme/accounts/{added.json['id']}"

    changed = administrator.ask("PUT", path, {"role": "help-desk"})
    removed = administrator.ask("DELETE", path)

    assert (added.status, changed.json["role"], removed.status) == (201, "help-desk", 204)
    assert administrator.get(path).status == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param({"role": "operator-administrator"}, 422, id="the operator's role"),
        pytest.param({"role": "no-such-role"}, 422, id="no role"),
        pytest.param({"permissions": ["tenants:edit"]}, 403, id="a right of the operator"),
        pytest.param({"permissions": ["everything:edit"]}, 422, id="no permission"),
        pytest.param({"email": "not an address"}, 422, id="no address"),
    ],
)
def test_what_cannot_be_given_is_refused(administrator: Program, given: dict[str, Any], status: int) -> None:
    assert administrator.post("/tenants/acme/accounts", {**a_person(), **given}).status == status


def test_nobody_gives_rights_that_they_do_not_have(store: StoreSettings) -> None:
    somebody = with_grant("acme", "read-only", permissions=["people:edit"])

    assert somebody.post("/tenants/acme/accounts", a_person("tenant-administrator")).status == 403
    assert somebody.post("/tenants/acme/accounts", a_person("read-only")).status == 201


def test_nobody_takes_rights_from_those_who_have_more(store: StoreSettings, administrator: Program) -> None:
    somebody = with_grant("acme", "read-only", permissions=["people:edit"])
    chief = administrator.post("/tenants/acme/accounts", a_person("tenant-administrator")).json["id"]

    assert somebody.ask("DELETE", f"/tenants/acme/accounts/{chief}").status == 403
    assert somebody.ask("PUT", f"/tenants/acme/accounts/{chief}", {"role": "read-only"}).status == 403


def test_nobody_gives_rights_in_domains_beyond_their_own(store: StoreSettings) -> None:
    somebody = with_grant(
        "acme", "tenant-administrator", domains=["branch.acme.example"], domains_are_excepted=False
    )
    own = {"domains": ["branch.acme.example"], "domains_are_excepted": False}

    assert somebody.post("/tenants/acme/accounts", a_person()).status == 403
    assert somebody.post("/tenants/acme/accounts", a_person(**own)).status == 201


def test_a_token_acts_within_its_own_rights(administrator: Program) -> None:
    made = administrator.post("/tokens", {"name": "trace only", "permissions": ["trace:view-statistics"]})
    narrow = Program(made.json["token"])

    assert narrow.get("/tenants/acme/messages").status == 200
    assert narrow.get("/tenants/acme/configuration").status == 403
    assert narrow.post("/tokens", {"name": "wider", "permissions": ["lists:edit"]}).status == 403
    assert narrow.post("/tokens", {"name": "the same"}).json["permissions"] == ["trace:view-statistics"]


def test_a_token_of_one_tenant_is_unknown_in_another(store: StoreSettings, operator: Program) -> None:
    made = operator.post("/tokens", {"name": "acme only", "tenant": "acme"})
    bound = Program(made.json["token"])

    assert bound.get("/tenants/acme/messages").status == 200
    assert bound.get("/tenants/zeta/messages").status == 404
    assert bound.get("/accounts").status == 403


def test_a_token_ends_when_it_is_revoked_or_its_time_is_over(administrator: Program) -> None:
    revoked = administrator.post("/tokens", {"name": "short"}).json
    ended = administrator.post(
        "/tokens", {"name": "past", "expires_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}
    ).json
    administrator.ask("DELETE", f"/tokens/{revoked['id']}")

    assert Program(revoked["token"]).get("/me").status == 401
    assert Program(ended["token"]).get("/me").status == 401


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("lzt_0_x", id="no id"),
        pytest.param(f"lzt_{uuid4().hex}_secret", id="unknown"),
        pytest.param("Basic", id="no token at all"),
    ],
)
def test_wrong_tokens_are_all_answered_alike(nobody: Program, token: str) -> None:
    assert Program(token).get("/me").text == nobody.get("/me").text


def test_a_secret_is_shown_once(administrator: Program) -> None:
    key = uuid4().hex
    first = administrator.post("/tokens", {"name": "once"}, Idempotency_Key=key)
    second = administrator.post("/tokens", {"name": "once"}, Idempotency_Key=key)

    assert (first.status, second.status) == (201, 409)
    assert first.json["token"].rpartition("_")[2] not in administrator.get("/tokens").text


def test_what_people_order_is_in_their_tenants_audit(administrator: Program, stranger: Program) -> None:
    person = a_person()
    administrator.post("/tenants/acme/accounts", person)

    entry = administrator.get("/tenants/acme/audit?act=account.add&limit=1").json["items"][0]
    verified = administrator.get("/tenants/acme/audit/verification").json

    assert (entry["object"], entry["after"]["role"]) == (person["email"], "read-only")
    assert verified["holds"]
    assert person["email"] not in stranger.get("/tenants/zeta/audit").text
