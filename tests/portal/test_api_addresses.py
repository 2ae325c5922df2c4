"""The validation list by API and command: searched, uploaded, downloaded, learned and adopted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, Program, with_grant

pytestmark = pytest.mark.integration


@pytest.fixture
def tenant(store: StoreSettings) -> Iterator[str]:
    from lazaretto.store.mailpath import mail_path

    name = f"listed-{uuid4().hex[:8]}"
    mail_path().wait(mail_path().tenants.apply(DOCUMENT.format(name=name), by="test"))
    yield name


def listed(who: Program, tenant: str, query: str = "") -> list[str]:
    answer = who.get(f"/tenants/{tenant}/addresses{query}")
    assert answer.status == 200
    return [each["address"] for each in answer.json["items"]]


def test_a_dry_run_counts_and_changes_nothing(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    body = {"csv": f"cleo@{tenant}.example\n", "mode": "replace", "dry_run": True}

    answer = ann.post(f"/tenants/{tenant}/addresses", body)

    assert (answer.json["added"], answer.json["removed"], answer.json["changed"]) == (1, 2, False)
    assert len(listed(ann, tenant)) == 2


def test_an_upload_is_in_force_audited_and_comes_back_by_download(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")

    answer = ann.post(f"/tenants/{tenant}/addresses", {"csv": f"cleo@{tenant}.example\n"})

    assert (answer.status, answer.json["added"], answer.json["version"]) == (200, 1, 2)
    assert listed(ann, tenant, "?search=CLEO") == [f"cleo@{tenant}.example"]
    text = ann.get(f"/tenants/{tenant}/addresses/table").text
    assert ann.post(f"/tenants/{tenant}/addresses", {"csv": text, "mode": "replace"}).json["changed"] is False
    entry = ann.get(f"/tenants/{tenant}/audit?act=tenant.publish").json["items"][0]
    assert f"cleo@{tenant}.example" in entry["after"]["addresses"]
    assert f"cleo@{tenant}.example" not in entry["before"]["addresses"]


def test_a_wrong_line_is_a_problem_and_changes_nothing(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")

    answer = ann.post(f"/tenants/{tenant}/addresses", {"csv": f"cleo@{tenant}.example\nx@other.example\n"})

    assert answer.status == 422 and "line 2" in answer.json["detail"]
    assert len(listed(ann, tenant)) == 2


def test_pages_of_addresses_miss_none(tenant: str) -> None:
    ann = with_grant(tenant, "tenant-administrator")
    wanted = sorted(f"p{number}@{tenant}.example" for number in range(25))
    upload = {"csv": "\n".join(wanted), "mode": "replace"}
    asked = ann.post(f"/tenants/{tenant}/addresses", upload)
    ann.ask("POST", f"/tenants/{tenant}/addresses", upload, Confirm_Removal=asked.json["confirm"])

    found, cursor = [], ""
    while True:
        page = ann.get(f"/tenants/{tenant}/addresses?limit=10&cursor={cursor}").json
        found += [each["address"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]

    assert found == wanted


def test_a_grant_for_one_domain_sees_and_changes_that_one_alone(tenant: str) -> None:
    somebody = with_grant(
        tenant, "tenant-administrator", domains=[f"branch.{tenant}.example"], domains_are_excepted=False
    )

    assert listed(somebody, tenant) == [f"bob@branch.{tenant}.example"]
    own = {"csv": f"cleo@branch.{tenant}.example\n"}
    assert somebody.post(f"/tenants/{tenant}/addresses", own).status == 200
    beyond = {"csv": f"dora@{tenant}.example\n"}
    assert somebody.post(f"/tenants/{tenant}/addresses", beyond).status == 403
    assert somebody.post(f"/tenants/{tenant}/addresses", {**own, "mode": "replace"}).status == 403
    assert somebody.get(f"/tenants/{tenant}/addresses/table").status == 403


def test_what_mail_taught_waits_apart_until_somebody_adopts_it(tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path
    from lazaretto.tenants.learned import Taught

    ann = with_grant(tenant, "tenant-administrator")
    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert number is not None
    taught = [
        Taught(tenant=number, address=f"{local}@{tenant}.example", at=datetime.now(UTC))
        for local in ("new", "odd", "alice")
    ]
    path.wait(path.learned.learn(taught))

    found = ann.get(f"/tenants/{tenant}/addresses/learned").json["items"]
    assert [each["address"] for each in found] == [f"new@{tenant}.example", f"odd@{tenant}.example"]
    assert found[0]["source"] == "outbound mail"
    assert f"new@{tenant}.example" not in listed(ann, tenant)

    adopted = ann.post(f"/tenants/{tenant}/addresses/learned/adoption", {"addresses": [found[0]["address"]]})
    assert adopted.json["added"] == 1 and f"new@{tenant}.example" in listed(ann, tenant)
    dismissed = ann.post(
        f"/tenants/{tenant}/addresses/learned/dismissal", {"addresses": [found[1]["address"]]}
    )
    assert dismissed.json == {"dismissed": 1}
    assert ann.get(f"/tenants/{tenant}/addresses/learned").json["items"] == []
    invented = ann.post(
        f"/tenants/{tenant}/addresses/learned/adoption", {"addresses": [f"ghost@{tenant}.example"]}
    )
    assert invented.status == 422


def test_an_upload_waits_for_a_second_person_where_changes_do(tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    careful = DOCUMENT.format(name=tenant) + "review: {required: true}\n"
    mail_path().wait(mail_path().tenants.apply(careful, by="test"))
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))

    answer = ann.post(f"/tenants/{tenant}/addresses", {"csv": f"cleo@{tenant}.example\n"}).json

    assert (answer["added"], answer["changed"]) == (1, False)
    assert f"cleo@{tenant}.example" not in listed(ann, tenant)
    assert ben.post(f"/tenants/{tenant}/proposals/{answer['proposal']}/approval", {}).status == 200
    assert f"cleo@{tenant}.example" in listed(ann, tenant)
