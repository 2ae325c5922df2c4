"""Links in digests: looking at them changes nothing, sending their form does it once, for this person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lazaretto.core.mail_links import LinkPurpose, MailLink, sealed
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser
from tests.portal.people import a_tenant
from tests.portal.resting import rest, resting_for
from tests.portal.test_own_mail import TEXT

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tenant(store: StoreSettings) -> str:
    return a_tenant(TEXT)


def link(
    store: StoreSettings,
    tenant: str,
    purpose: LinkPurpose,
    item: object = "",
    person: str = "alice",
    days: int = 14,
) -> str:
    from lazaretto.store.mailpath import mail_path

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert number is not None
    made = MailLink(
        purpose=purpose,
        tenant=number,
        person=f"{person}@{tenant}.example",
        item=str(item),
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )
    return f"/d/{sealed(made, store.secret)}"


def held(store: StoreSettings, tenant: str, reason: str = "spam") -> UUID:
    return rest(store, tenant, f"alice@{tenant}.example", reason=reason)


def test_a_bot_that_follows_every_link_releases_and_ends_nothing(store: StoreSettings, tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    copy = held(store, tenant)
    addresses = [
        link(store, tenant, LinkPurpose.ITEM, copy),
        link(store, tenant, LinkPurpose.UNSUBSCRIBE),
        link(store, tenant, LinkPurpose.ADDRESS, f"bob@{tenant}.example"),
    ]
    bot = Browser()

    for address in addresses:
        for method in ("GET", "HEAD", "GET"):
            for query in ("", "?do=release", "?do=delete&sure=1"):
                answer = bot.ask(method, address + query)
                assert answer.status == 200
                assert answer.headers["Referrer-Policy"] == "no-referrer"

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert copy in resting_for(tenant, f"alice@{tenant}.example")
    assert path.wait(path.mailboxes.choices(number, f"alice@{tenant}.example")).digest.value == "usual"
    assert path.wait(path.mailboxes.read_by(number, f"bob@{tenant}.example")) == []


def test_its_form_releases_once(store: StoreSettings, tenant: str) -> None:
    copy = held(store, tenant)
    address = link(store, tenant, LinkPurpose.ITEM, copy)
    browser = Browser(checks_forms=True)

    assert "on its way" in browser.post(address, {"do": "release"}).text
    assert copy not in resting_for(tenant, f"alice@{tenant}.example")
    again = browser.post(address, {"do": "delete"})

    assert "decided before" in again.text


def test_it_does_no_more_than_the_person_may(store: StoreSettings, tenant: str) -> None:
    copy = held(store, tenant, "phishing")
    address = link(store, tenant, LinkPurpose.ITEM, copy)

    assert Browser().post(address, {"do": "release"}).status == 403
    assert copy in resting_for(tenant, f"alice@{tenant}.example")


def test_it_is_for_the_one_whom_it_was_mailed_to(store: StoreSettings, tenant: str) -> None:
    copy = held(store, tenant)
    address = link(store, tenant, LinkPurpose.ITEM, copy, person="bob")

    assert Browser().post(address, {"do": "release"}).status == 404
    assert copy in resting_for(tenant, f"alice@{tenant}.example")


def test_after_fourteen_days_it_is_nothing(store: StoreSettings, tenant: str) -> None:
    address = link(store, tenant, LinkPurpose.ITEM, held(store, tenant), days=-1)

    assert Browser().get(address).status == 404
    assert Browser().post(address, {"do": "release"}).status == 404


def test_one_click_ends_the_digests_as_rfc_8058_has_it(store: StoreSettings, tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    address = link(store, tenant, LinkPurpose.UNSUBSCRIBE)

    for _ in range(2):
        assert Browser(checks_forms=True).post(address, {"List-Unsubscribe": "One-Click"}).status == 200

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert path.wait(path.mailboxes.choices(number, f"alice@{tenant}.example")).digest.value == "none"


def test_a_further_address_is_confirmed_by_whoever_reads_its_mail(store: StoreSettings, tenant: str) -> None:
    from tests.portal.conftest import signed_in_end_user

    copy = rest(store, tenant, f"shared@{tenant}.example")
    bob = signed_in_end_user(f"bob@{tenant}.example")
    bob.post("/q/readers", {"which": "address", "address-address": f"shared@{tenant}.example"})
    address = link(store, tenant, LinkPurpose.ADDRESS, f"bob@{tenant}.example", person="shared")

    assert bob.get(f"/q/m/{copy}").status == 404
    assert "now sees" in Browser().post(address).text
    assert bob.get(f"/q/m/{copy}").status == 200


@pytest.mark.parametrize("text", ["x", "%00", "A" * 3000, "..%2f..%2fetc"])
def test_what_is_no_link_is_told_so(store: StoreSettings, text: str) -> None:
    assert Browser().get(f"/d/{text}").status == 404
