"""By API as by page: the five limited rights of a Full Care tenant that ordered them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program, with_grant
from tests.portal.people import a_tenant
from tests.portal.test_mailbox_people import TEXT

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tenant(store: StoreSettings) -> str:
    """A Full Care tenant that ordered the five rights."""
    return a_tenant(TEXT % "true")


@pytest.fixture
def delegate(tenant: str) -> Program:
    """Somebody who has the five rights, and no others."""
    return with_grant(tenant, "quarantine-delegate")


def test_accounts_are_made_read_and_ended(tenant: str, delegate: Program) -> None:
    path, address = f"/tenants/{tenant}/portal-accounts", f"ann@{tenant}.example"

    made = delegate.post(path, {"address": address.upper(), "language": "nl"})
    one = f"{path}/{made.json['id']}"

    assert (made.status, made.json["address"]) == (201, address)
    assert delegate.post(path, {"address": address}).status == 422
    assert delegate.post(path, {"address": f"nobody@{tenant}.example"}).status == 422
    assert address in [each["address"] for each in delegate.get(f"{path}?limit=1").json["items"]]
    assert delegate.post(f"{one}/aliases", {"address": f"info@{tenant}.example"}).status == 204
    details = delegate.get(one).json
    assert details["aliases"] == [f"a.long@{tenant}.example"]
    assert [(each["address"], each["confirmed_at"]) for each in details["further"]] == [
        (f"info@{tenant}.example", None)
    ]
    assert delegate.post(f"{one}/access", {}).status == 422
    assert delegate.ask("DELETE", one).status == 204
    assert delegate.get(one).status == 404


def test_account_groups_are_made_changed_and_ended(tenant: str, delegate: Program) -> None:
    path = f"/tenants/{tenant}/account-groups"
    group = {
        "name": f"Reception {uuid4().hex[:6]}",
        "mailboxes": [f"info@{tenant}.example"],
        "members": [f"dan@{tenant}.example"],
    }

    assert delegate.post(path, group).status == 204
    assert delegate.post(path, {**group, "members": [f"bob@branch.{tenant}.example"]}).status == 204
    (found,) = [each for each in delegate.get(path).json if each["name"] == group["name"]]
    assert found["members"] == [f"bob@branch.{tenant}.example"]
    assert delegate.post(path, {**group, "members": ["x@elsewhere.example"]}).status == 422
    assert delegate.ask("DELETE", f"{path}/{found['id']}").status == 204
    assert delegate.ask("DELETE", f"{path}/{found['id']}").status == 404


def test_where_they_were_not_ordered_they_are_worth_nothing(store: StoreSettings) -> None:
    without = a_tenant(TEXT % "false")
    somebody = with_grant(without, "quarantine-delegate")

    assert somebody.get(f"/tenants/{without}/portal-accounts").status == 403
    assert somebody.get(f"/tenants/{without}/account-groups").status == 403
