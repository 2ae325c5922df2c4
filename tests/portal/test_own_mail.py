"""End users see and decide about what is held for their own addresses, within their rights."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Answer, Browser, signed_in_end_user
from tests.portal.people import a_tenant
from tests.portal.resting import rest, resting_for

pytestmark = pytest.mark.integration

TEXT = """\
version: 1
tenant: {name}
domains: {{{name}.example: {{routes: [{{host: 127.0.0.1, port: 2626}}]}}}}
addresses: [alice@{name}.example, bob@{name}.example, carol@{name}.example, shared@{name}.example]
aliases: {{sales@{name}.example: alice@{name}.example}}
""".replace("{{", "{").replace("}}", "}")


@pytest.fixture(scope="module")
def tenant(store: StoreSettings) -> str:
    return a_tenant(TEXT)


def browser_of(tenant: str, name: str = "alice") -> Browser:
    return signed_in_end_user(f"{name}@{tenant}.example")


def act(browser: Browser, do: str, *ids: UUID, **more: str) -> Answer:
    return browser.post("/q/act", {"do": do, "ids": [str(each) for each in ids], **more})


def test_somebody_sees_what_is_held_for_them_and_for_their_aliases_and_nothing_of_others(
    store: StoreSettings, tenant: str
) -> None:
    own = rest(store, tenant, f"alice@{tenant}.example", subject="For Alice")
    alias = rest(store, tenant, f"sales@{tenant}.example", subject="For sales")
    others = rest(store, tenant, f"bob@{tenant}.example", subject="For Bob")
    elsewhere = rest(store, "zeta", "alice@zeta.example", subject="For somebody of another tenant")
    alice = browser_of(tenant)

    page = alice.get("/q/").text

    assert str(own) in page
    assert str(alias) in page
    assert str(others) not in page
    assert str(elsewhere) not in page
    assert "Ann Baker" in page
    assert "bounce@mailer.example" in page
    for foreign in (others, elsewhere, uuid4()):
        assert alice.get(f"/q/m/{foreign}").status == 404
        assert alice.get(f"/q/m/{foreign}/frame").status == 404
        for do in ("release", "delete", "request", "wanted", "allow", "block"):
            assert act(alice, do, foreign, sure="1").status == 404
    assert others in resting_for(tenant, f"bob@{tenant}.example")


def test_looking_changes_nothing(store: StoreSettings, tenant: str) -> None:
    own = rest(store, tenant, f"alice@{tenant}.example")
    alice = browser_of(tenant)

    for path in ("/q/", f"/q/m/{own}", f"/q/m/{own}/frame", f"/q/act?do=release&ids={own}&sure=1"):
        for method in ("GET", "HEAD"):
            assert alice.ask(method, path).status in (200, 302)

    assert own in resting_for(tenant, f"alice@{tenant}.example")


def test_a_released_message_goes_to_the_one_who_released_it_alone(store: StoreSettings, tenant: str) -> None:
    both = rest(store, tenant, f"alice@{tenant}.example", f"bob@{tenant}.example")

    assert act(browser_of(tenant), "release", both).status == 302

    assert both not in resting_for(tenant, f"alice@{tenant}.example")
    assert both in resting_for(tenant, f"bob@{tenant}.example")


def test_deleting_is_asked_for_once_more(store: StoreSettings, tenant: str) -> None:
    own = rest(store, tenant, f"alice@{tenant}.example")
    alice = browser_of(tenant)

    asked = act(alice, "delete", own)
    assert asked.status == 200
    assert own in resting_for(tenant, f"alice@{tenant}.example")
    done = act(alice, "delete", own, sure="1")

    assert done.status == 302
    assert own not in resting_for(tenant, f"alice@{tenant}.example")


@pytest.mark.parametrize("reason", ["malware", "suspected", "certain-phishing"])
def test_what_is_dangerous_is_released_by_no_end_user(store: StoreSettings, tenant: str, reason: str) -> None:
    own = rest(store, tenant, f"alice@{tenant}.example", reason=reason)

    for do in ("release", "wanted"):
        assert act(browser_of(tenant), do, own, sure="1").status in (403, 404)

    assert own in resting_for(tenant, f"alice@{tenant}.example")


def test_phishing_is_asked_for_and_administrators_decide(store: StoreSettings, tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    own = rest(store, tenant, f"alice@{tenant}.example", reason="phishing")
    alice = browser_of(tenant)

    assert act(alice, "release", own, sure="1").status == 403
    assert act(alice, "request", own, why="I know them").status == 302

    path = mail_path()
    (asked,) = path.wait(path.releases.list(ids=[own]))
    assert (asked.requested_by, asked.reason, asked.alone) == (
        f"alice@{tenant}.example",
        "I know them",
        False,
    )
    assert "administrators were asked" in alice.get("/q/").text


def test_the_preview_is_harmless_and_stands_in_a_frame_of_its_own(store: StoreSettings, tenant: str) -> None:
    html = "<h1>Win</h1><script>alert(1)</script><img src=https://t.example/p><a href=https://evil.example>bank</a>"
    own = rest(store, tenant, f"alice@{tenant}.example", html=html)
    alice = browser_of(tenant)

    frame = alice.get(f"/q/m/{own}/frame")
    page = alice.get(f"/q/m/{own}").text

    assert "<h1>Win</h1>" in frame.text
    assert not re.search(r"<script|<img[^>]*src|<a[^>]*href=.https", frame.text)
    assert frame.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "evil.example" in page


def test_a_sender_that_was_allowed_or_blocked_stands_on_the_persons_own_list(
    store: StoreSettings, tenant: str
) -> None:
    from lazaretto.store.mailpath import mail_path

    own = rest(store, tenant, f"bob@{tenant}.example", author="news@shop.example")
    bob = browser_of(tenant, "bob")

    assert act(bob, "allow", own).status == 302
    assert "news@shop.example" in bob.get("/q/senders").text
    assert act(bob, "block", own).status == 302
    assert bob.post("/q/senders", {"entry": "Spammer.example", "list": "blocked"}).status == 302
    assert bob.post("/q/senders", {"remove": "blocked news@shop.example"}).status == 302

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    personal = path.wait(path.snapshot_of(number)).personal[f"bob@{tenant}.example"]
    assert (personal.approved.addresses, personal.blocked.addresses) == (frozenset(), frozenset())
    assert personal.blocked.domains == {"spammer.example"}


def test_a_sender_who_was_taken_off_a_list_is_put_back_with_one_button(
    store: StoreSettings, tenant: str
) -> None:
    bob = browser_of(tenant, "bob")
    bob.post("/q/senders", {"entry": "regretted.example", "list": "approved"})

    bob.post("/q/senders", {"remove": "approved regretted.example"})
    after = bob.get("/q/senders").text
    undo = re.search(r'action="(/q/senders\?[^"]+)"', after)
    assert undo is not None and "approved regretted.example" not in after
    bob.post(undo[1].replace("&amp;", "&"), {"csrfmiddlewaretoken": "sent"})

    assert "approved regretted.example" in bob.get("/q/senders").text


def test_what_is_no_sender_is_told_in_the_form(store: StoreSettings, tenant: str) -> None:
    answer = browser_of(tenant).post("/q/senders", {"entry": "not a sender", "list": "blocked"})

    assert answer.status == 200
    assert "neither a mail address nor a domain" in answer.text


def test_a_colleague_who_was_let_in_decides_as_well_until_that_ends(
    store: StoreSettings, tenant: str
) -> None:
    own = rest(store, tenant, f"alice@{tenant}.example", subject="Delegated")
    alice, carol = browser_of(tenant), browser_of(tenant, "carol")
    assert carol.get(f"/q/m/{own}").status == 404

    assert (
        alice.post("/q/readers", {"which": "reader", "reader-address": f"carol@{tenant}.example"}).status
        == 302
    )
    assert carol.get(f"/q/m/{own}").status == 200
    end = f"alice@{tenant}.example carol@{tenant}.example"
    assert "no longer" in alice.post("/q/readers", {"which": "end", "end": end}).text
    assert alice.post("/q/readers", {"which": "end", "end": end, "sure": "1"}).status == 302

    assert carol.get(f"/q/m/{own}").status == 404


def test_a_further_address_counts_once_it_is_confirmed(store: StoreSettings, tenant: str) -> None:
    from datetime import UTC, datetime

    from lazaretto.store.mailpath import mail_path

    shared = rest(store, tenant, f"shared@{tenant}.example")
    carol = browser_of(tenant, "carol")

    assert (
        carol.post("/q/readers", {"which": "address", "address-address": f"shared@{tenant}.example"}).status
        == 302
    )
    assert carol.get(f"/q/m/{shared}").status == 404
    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    now = datetime.now(UTC)
    address = f"shared@{tenant}.example"
    assert path.wait(path.mailboxes.confirm(number, address, f"carol@{tenant}.example", now))

    assert carol.get(f"/q/m/{shared}").status == 200


def test_nobody_is_let_in_from_outside_the_organisation(store: StoreSettings, tenant: str) -> None:
    alice = browser_of(tenant)

    for field in ("reader", "address"):
        for address in ("alice@zeta.example", "eve@evil.example", f"nobody@{tenant}.example"):
            answer = alice.post("/q/readers", {"which": field, f"{field}-address": address})
            assert answer.status == 200
            assert "no such address" in answer.text


def test_digests_come_as_somebody_wants_them(store: StoreSettings, tenant: str) -> None:
    from lazaretto.store.mailpath import mail_path

    alice = browser_of(tenant)
    wrong = alice.post("/q/settings", {"digest": "own", "language": "fr"})
    assert "at least one day" in wrong.text
    form = {"digest": "own", "days": ["monday"], "hours": ["9", "15"], "classes": ["spam"], "language": "fr"}
    assert alice.post("/q/settings", form).status == 302

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    chosen = path.wait(path.mailboxes.choices(number, f"alice@{tenant}.example"))
    assert {day.value: hours for day, hours in chosen.hours.items()} == {"monday": (9, 15)}
    assert chosen.language == "fr"
    assert "bulk" in chosen.silent
    assert "spam" not in chosen.silent
