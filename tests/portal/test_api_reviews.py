"""Changes that need a second person, people of a reseller, and the limited rights of Full Care."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, Program, with_grant

pytestmark = pytest.mark.integration


@pytest.fixture
def tenant(store: StoreSettings) -> Iterator[str]:
    """A tenant whose changes need a second person."""
    name = f"careful-{uuid4().hex[:8]}"
    _apply(DOCUMENT.format(name=name) + "review: {required: true}\n")
    yield name


def _apply(text: str) -> None:
    from lazaretto.store.mailpath import mail_path

    mail_path().wait(mail_path().tenants.apply(text, by="test"))


def changed(tenant: str, more: str = "max_message_size: 60\n") -> dict[str, str]:
    return {"document": DOCUMENT.format(name=tenant) + "review: {required: true}\n" + more}


def size_of(who: Program, tenant: str) -> str:
    text = who.get(f"/tenants/{tenant}/configuration").json["document"]
    return next((line for line in text.split("\n") if line.startswith("max_message_size")), "")


def test_a_change_waits_for_a_second_person(tenant: str) -> None:
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    etag = ann.get(f"/tenants/{tenant}/configuration").headers["ETag"]

    assert ann.ask("PUT", f"/tenants/{tenant}/configuration", changed(tenant), If_Match=etag).status == 409
    made = ann.post(f"/tenants/{tenant}/proposals", changed(tenant))
    number = made.json["id"]

    assert (made.status, made.json["state"]) == (201, "open")
    assert ann.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 409
    assert size_of(ann, tenant) == ""
    assert "+max_message_size: 60" in ben.get(f"/tenants/{tenant}/proposals/{number}").json["difference"]
    approved = ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {})
    assert (approved.status, approved.json["version"]) == (200, 2)
    assert size_of(ann, tenant) == "max_message_size: 60"
    assert ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 409


def test_another_token_of_the_same_account_is_not_a_second_person(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]
    other = Program(ann.post("/tokens", {"name": "another (token x)"}).json["token"])

    refused = other.post(f"/tenants/{tenant}/proposals/{number}/approval", {})

    assert refused.status == 409 and "own proposal" in refused.json["detail"]


def test_a_rejected_change_is_never_published(tenant: str) -> None:
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]

    rejected = ben.post(f"/tenants/{tenant}/proposals/{number}/rejection", {"reason": "too large"})

    assert (rejected.json["state"], rejected.json["reason"]) == ("rejected", "too large")
    assert ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 409
    assert ann.get(f"/tenants/{tenant}/proposals?only_open=true").json["items"] == []


def test_a_proposal_ends_by_itself(tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path
    from lazaretto.tenants.reviewing import NotDecidable

    path = mail_path()
    made = path.wait(path.reviews.propose(changed(tenant)["document"], "ann"))
    later = datetime.now(UTC) + timedelta(days=7, seconds=1)

    with pytest.raises(NotDecidable, match="expired"):
        path.wait(path.reviews.approve(tenant, made.id, "ben", now=later))
    assert path.wait(path.reviews.end_old(later)) >= 1
    assert path.wait(path.reviews.read(tenant, made.id)).state == "expired"


def test_a_proposal_undoes_nothing_that_came_into_force_since(tenant: str) -> None:
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    first = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]
    second = ann.post(f"/tenants/{tenant}/proposals", changed(tenant, "suspended: true\n"))
    assert second.status == 403, "a tenant does not suspend itself"
    other = ben.post(f"/tenants/{tenant}/proposals", changed(tenant, "max_message_size: 70\n")).json["id"]
    assert ann.post(f"/tenants/{tenant}/proposals/{other}/approval", {}).status == 200

    assert ben.post(f"/tenants/{tenant}/proposals/{first}/approval", {}).status == 412
    assert size_of(ann, tenant) == "max_message_size: 70"


def test_going_back_and_switching_review_off_need_a_second_person_too(tenant: str) -> None:
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]
    ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {})

    assert ann.post(f"/tenants/{tenant}/configuration/rollback", {"version": 1}).status == 409
    etag = ann.get(f"/tenants/{tenant}/configuration").headers["ETag"]
    off = {"document": DOCUMENT.format(name=tenant)}
    assert ann.ask("PUT", f"/tenants/{tenant}/configuration", off, If_Match=etag).status == 409


def test_proposals_and_decisions_are_in_the_audit(tenant: str) -> None:
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]
    ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {})

    entries = ann.get(f"/tenants/{tenant}/audit").json["items"]

    acts = {entry["act"]: entry for entry in entries}
    assert acts["proposal.make"]["after"] == {"max_message_size": 60}
    assert acts["proposal.approve"]["after"]["proposed_by"] == acts["proposal.make"]["actor"]
    assert ann.get(f"/tenants/{tenant}/audit/verification").json["holds"]


def test_who_may_not_publish_a_change_may_not_approve_it(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    reader = with_grant(tenant, "read-only")
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]

    assert reader.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 403
    assert reader.post(f"/tenants/{tenant}/proposals/{number}/rejection", {}).status == 403


def test_a_proposal_of_one_tenant_is_not_there_for_another(tenant: str, stranger: Program) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]

    assert stranger.get(f"/tenants/zeta/proposals/{number}").status == 404
    assert stranger.post(f"/tenants/zeta/proposals/{number}/approval", {}).status == 404


def test_people_of_a_reseller_see_what_it_sold_and_nothing_else(store: StoreSettings) -> None:
    from lazaretto.store.people.commands import grant_to_reseller
    from lazaretto.store.people.console import console_scope, console_token

    own, others, direct = (f"sold-{uuid4().hex[:8]}" for _ in range(3))
    for name, reseller in ((own, "resell-one"), (others, "resell-two"), (direct, "")):
        more = f"contract: {{reseller: {reseller}}}\n" if reseller else ""
        _apply(DOCUMENT.format(name=name) + more)
    email = f"{uuid4().hex[:8]}@resell-one.example"
    grant_to_reseller(console_scope("test", None), email, "resell-one")
    somebody = Program(console_token("test", email, "test", (), None))

    assert [each["name"] for each in somebody.get("/tenants").json["items"]] == [own]
    assert somebody.get(f"/tenants/{own}/configuration").status == 200
    assert somebody.get(f"/tenants/{others}/configuration").status == 404
    assert somebody.get(f"/tenants/{direct}/configuration").status == 404
    assert somebody.get("/audit").status == 403
    etag = somebody.get(f"/tenants/{own}/configuration").headers["ETag"]
    moved = {"document": DOCUMENT.format(name=own) + "contract: {reseller: resell-two}\n"}
    assert somebody.ask("PUT", f"/tenants/{own}/configuration", moved, If_Match=etag).status == 403


@pytest.mark.parametrize(("ordered", "kept"), [("true", 5), ("false", 0)])
def test_full_care_keeps_the_limited_rights_only_where_they_were_ordered(
    store: StoreSettings, ordered: str, kept: int
) -> None:
    from lazaretto.store.people.models import Account
    from lazaretto.store.people.scopes import Caller
    from lazaretto.store.roles import LIMITED

    name = f"cared-{uuid4().hex[:8]}"
    _apply(DOCUMENT.format(name=name) + f"contract: {{formula: full-care, limited_rights: {ordered}}}\n")
    somebody = with_grant(name, "tenant-administrator")
    account = Account.objects.get(tokens__id=somebody.get("/tokens").json[0]["id"])

    scope = Caller(account=account).in_tenant(name)

    assert len(scope.permissions & LIMITED) == kept
    assert {each.right.value for each in scope.permissions - LIMITED} == {
        "view-configuration",
        "view-statistics",
    }


def test_people_change_their_own_senders_without_a_review_and_keep_them(tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    number = ann.post(f"/tenants/{tenant}/proposals", changed(tenant)).json["id"]
    own = f"personal_lists: {{alice@{tenant}.example: {{blocked: [pest.example]}}}}\n"
    text = DOCUMENT.format(name=tenant) + "review: {required: true}\n" + own
    mail_path().wait(mail_path().tenants.apply(text, by="alice", reviewed=True))

    assert ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 200

    document = ann.get(f"/tenants/{tenant}/configuration").json["document"]
    assert "pest.example" in document and "max_message_size: 60" in document
