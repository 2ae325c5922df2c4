"""What is in use is taken away by API only after it was named, and by a word for exactly that."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from lazaretto.store.removals import is_large_removal, losses_between, word_for
from lazaretto.tenants.document import parse_document
from tests.portal.conftest import Answer, Program, signed_in_with, with_grant
from tests.portal.people import a_tenant

pytestmark = pytest.mark.integration

DOCUMENT = """\
version: 1
tenant: {name}
routes:
  spare: [{{host: 127.0.0.1, port: 2627}}]
  usual: [{{host: 127.0.0.1, port: 2628}}]
domains:
  {name}.example: {{routes: [{{host: 127.0.0.1, port: 2626}}], fallback: spare}}
  old.{name}.example: {{route: usual}}
addresses: [{addresses}, bob@old.{name}.example]
aliases: {{b@old.{name}.example: bob@old.{name}.example}}
"""
SMALL = """\
version: 1
tenant: {name}
domains: {'{name}.example': {}}
addresses: [{people}]
""".replace("{people}", ", ".join(f"p{number}@{{name}}.example" for number in range(5)))


@pytest.fixture
def tenant(store: StoreSettings) -> Iterator[str]:
    from lazaretto.store.mailpath import mail_path

    name = f"losing-{uuid4().hex[:8]}"
    mail_path().wait(mail_path().tenants.apply(document_of(name), by="test"))
    yield name


def people(name: str, count: int) -> str:
    return ", ".join(f"p{number}@{name}.example" for number in range(count))


def document_of(name: str, count: int = 40) -> str:
    return DOCUMENT.format(name=name, addresses=people(name, count))


def put(who: Program, tenant: str, text: str, **headers: str) -> Answer:
    path = f"/tenants/{tenant}/configuration"
    return who.ask("PUT", path, {"document": text}, If_Match=who.get(path).headers["ETag"], **headers)


def without_old(name: str, text: str) -> str:
    kept = [line for line in text.splitlines() if not line.startswith(("  old.", "aliases"))]
    return "\n".join(kept).replace(f", bob@old.{name}.example", "") + "\n"


def test_a_domain_goes_after_what_goes_with_it_was_named(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    text = without_old(tenant, document_of(tenant))

    asked = put(ann, tenant, text)
    still = ann.get(f"/tenants/{tenant}/configuration").json["document"]
    done = put(ann, tenant, text, Confirm_Removal=asked.json["confirm"])

    assert asked.status == 409
    assert asked.headers["Content-Type"] == "application/problem+json"
    assert asked.json["errors"] == [
        {
            "where": f"domains.old.{tenant}.example",
            "problem": "mail for it is refused; 1 addresses and 1 aliases go with it",
        }
    ]
    assert f"Confirm-Removal: {asked.json['confirm']}" in asked.json["detail"]
    assert f"old.{tenant}.example" in still
    assert (done.status, done.json["changed"]) == (200, True)


def test_a_word_for_one_loss_confirms_no_other(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    word = put(ann, tenant, without_old(tenant, document_of(tenant))).json["confirm"]

    answer = put(ann, tenant, without_old(tenant, document_of(tenant, 20)), Confirm_Removal=word)

    assert answer.status == 409 and answer.json["confirm"] != word
    assert [each["where"] for each in answer.json["errors"]] == [f"domains.old.{tenant}.example", "addresses"]


def test_a_route_in_use_goes_only_with_a_word_and_one_that_was_replaced_goes_at_once(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    spare = "  spare: [{host: 127.0.0.1, port: 2627}]\n"
    text = document_of(tenant).replace(spare, "").replace(", fallback: spare", "")
    stranded = document_of(tenant).replace("{route: usual}", "{}")

    assert put(ann, tenant, text).json["errors"][0]["where"] == "routes.spare"
    assert put(ann, tenant, stranded).json["errors"] == [
        {"where": f"domains.old.{tenant}.example", "problem": "no server is left to deliver its mail to"}
    ]
    assert put(ann, tenant, document_of(tenant).replace("usual", "newer")).status == 200


@pytest.mark.parametrize(
    ("removed", "before", "is_asked_about"),
    [
        (0, 0, False),
        (0, 5, False),
        (1, 1, True),
        (1, 2, True),
        (1, 3, False),
        (1, 5, False),
        (2, 5, True),
        (4, 5, True),
        (2, 10, False),
        (3, 10, True),
        (3, 15, False),
        (9, 10, True),
        (200, 1_000, False),
        (201, 1_000, True),
    ],
)
def test_one_who_leaves_is_not_asked_about_and_a_large_share_of_any_list_is(
    removed: int, before: int, is_asked_about: bool
) -> None:
    assert is_large_removal(removed, before) is is_asked_about


def test_a_small_list_is_guarded_by_api_as_well(store: StoreSettings) -> None:
    name = a_tenant(SMALL)
    ann = with_grant(name, "tenant-administrator")
    path = f"/tenants/{name}/addresses"

    asked = ann.post(path, {"csv": f"p0@{name}.example", "mode": "replace"})
    left = ann.post(path, {"csv": people(name, 4).replace(", ", "\n"), "mode": "replace"})

    assert asked.status == 409
    assert asked.json["errors"][0]["problem"] == "mail to 4 of 5 addresses and aliases is refused"
    assert (left.status, left.json["removed"]) == (200, 1)


def test_a_small_list_is_guarded_in_the_portal_as_well(store: StoreSettings) -> None:
    name = a_tenant(SMALL)
    page = f"/t/{name}/addresses/upload"
    browser = signed_in_with(name, "tenant-administrator")
    taken = {"text": f"p0@{name}.example", "mode": "replace", "take": "yes"}

    asked = browser.post(page, taken)
    meant = browser.post(page, {**taken, "meant": "yes"})

    assert asked.status == 422
    assert "4 addresses would go; say that this is meant." in asked.text
    assert (meant.status, meant.headers["Location"]) == (302, f"/t/{name}/changes")


def test_a_table_that_removes_many_is_asked_about_and_a_few_are_not(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    path = f"/tenants/{tenant}/addresses"
    few = {"csv": table(tenant, 36), "mode": "replace"}
    many = {"csv": table(tenant, 20), "mode": "replace"}

    asked = ann.post(path, many)
    counted = ann.post(path, {**many, "dry_run": True})
    fewer = ann.post(path, few)
    word = ann.post(path, many).json["confirm"]
    done = ann.ask("POST", path, many, Confirm_Removal=word)

    assert asked.status == 409
    assert asked.json["errors"] == [
        {"where": "addresses", "problem": "mail to 20 of 42 addresses and aliases is refused"}
    ]
    assert (counted.status, counted.json["removed"], counted.json["changed"]) == (200, 20, False)
    assert (fewer.status, fewer.json["removed"]) == (200, 4)
    assert (done.status, done.json["removed"]) == (200, 16)


def table(name: str, count: int) -> str:
    lines = people(name, count).split(", ")
    return "\n".join([*lines, f"bob@old.{name}.example", f"b@old.{name}.example,bob@old.{name}.example"])


def test_going_back_to_a_version_that_had_fewer_addresses_is_asked_about(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    put(ann, tenant, document_of(tenant, 80))
    back = f"/tenants/{tenant}/configuration/rollback"

    asked = ann.post(back, {"version": 1})
    done = ann.ask("POST", back, {"version": 1}, Confirm_Removal=asked.json["confirm"])

    assert (asked.status, done.status) == (409, 200)
    assert asked.json["errors"][0]["problem"] == "mail to 40 of 82 addresses and aliases is refused"


def test_who_may_not_change_it_is_told_nothing_of_what_would_be_lost(tenant: str) -> None:
    somebody = with_grant(
        tenant, "tenant-administrator", domains=[f"{tenant}.example"], domains_are_excepted=False
    )
    path = f"/tenants/{tenant}/addresses"

    answer = somebody.post(path, {"csv": f"p1@{tenant}.example", "mode": "replace"})

    assert answer.status == 403 and "confirm" not in answer.json


def test_the_word_is_the_same_wherever_it_is_asked_for() -> None:
    before = parse_document(document_of("acme"), "acme")
    after = parse_document(without_old("acme", document_of("acme")), "acme")

    first, second = (word_for(tuple(losses_between(before, after))) for _ in range(2))

    assert first == second and len(first) == 16
    assert list(losses_between(after, before)) == []
