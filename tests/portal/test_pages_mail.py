"""Pages about mail show what the role may see, and order nothing by being looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest

from lazaretto.core.decision import Difference, Disposition, Place
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, Program, signed_in_with
from tests.portal.mail import Letter, PostOffice

pytestmark = pytest.mark.integration

BOTH = ("alice@acme.example", "bob@branch.acme.example")


@pytest.fixture
def administrator_before_pages(store: StoreSettings) -> Browser:
    """A browser of an administrator of ``acme``."""
    return signed_in_with("acme", "tenant-administrator")


def resting(message: UUID) -> UUID:
    from lazaretto.store.mailpath import mail_path

    (copy,) = mail_path().wait(mail_path().quarantine.list(messages=[message]))
    return copy.id


def a_reference() -> str:
    return "".join("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[octet % 32] for octet in uuid4().bytes[:8])


def test_rights_in_one_domain_show_no_recipient_of_another(
    store: StoreSettings, post_office: PostOffice
) -> None:
    (message,) = post_office.post(Letter(recipients=BOTH))
    only = signed_in_with("acme", "help-desk", domains=["branch.acme.example"], domains_are_excepted=False)

    page = only.get(f"/t/acme/messages/{message}")

    assert page.status == 200
    assert "bob@branch.acme.example" in page.text
    assert "alice@acme.example" not in page.text


TAGGED = Difference(
    action="tag-subject", place=Place.HEADER, name="Subject", before="An invoice", after="[SPAM] An invoice"
)


def test_what_was_received_stands_beside_what_was_delivered(
    store: StoreSettings, post_office: PostOffice
) -> None:
    (message,) = post_office.post(Letter(verdict=Verdict.SPAM, differences=(TAGGED,)))

    seen = signed_in_with("acme", "tenant-administrator").get(f"/t/acme/messages/{message}").text
    unseen = signed_in_with("acme", "help-desk").get(f"/t/acme/messages/{message}").text

    cells = re.findall(r'<td data-title="(\w+)">([^<]+)</td>', seen)
    assert cells[-3:] == [
        ("Received", "An invoice"),
        ("Delivered", "[SPAM] An invoice"),
        ("Reason", "A tag before the subject"),
    ]
    assert "X-Lazaretto-Verdict" in seen
    assert "Received against delivered" in unseen
    assert "An invoice" not in unseen


def test_a_stopped_copy_is_not_said_to_be_changed(store: StoreSettings, post_office: PostOffice) -> None:
    (message,) = post_office.post(Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE))

    page = signed_in_with("acme", "tenant-administrator").get(f"/t/acme/messages/{message}").text

    assert "A copy that is stopped is not changed" in page
    assert "X-Lazaretto-Verdict" not in page


def test_every_action_of_the_catalogue_has_words(store: StoreSettings) -> None:
    from lazaretto.actions.registry import actions
    from lazaretto.web.admin.pages.traffic.message import ACTIONS

    assert set(actions()) - set(ACTIONS) == set()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(lambda message, copy: f"/t/zeta/messages/{message}", id="message"),
        pytest.param(lambda message, copy: f"/t/zeta/quarantine/{copy}", id="copy"),
        pytest.param(lambda message, copy: f"/t/zeta/quarantine/{copy}/frame", id="preview"),
        pytest.param(lambda message, copy: f"/t/zeta/quarantine/release?ids={copy}", id="release"),
        pytest.param(lambda message, copy: f"/t/zeta/quarantine/delete?ids={copy}", id="delete"),
        pytest.param(lambda message, copy: f"/t/zeta/messages/{message}/sender", id="sender"),
    ],
)
def test_mail_of_one_tenant_is_on_no_page_of_another(
    store: StoreSettings, post_office: PostOffice, path: Callable[[UUID, UUID], str]
) -> None:
    (message,) = post_office.post(Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE))
    stranger = signed_in_with("zeta", "tenant-administrator")

    assert stranger.get(path(message, resting(message))).status == 404


def tiles_of(page: str) -> dict[str, tuple[int, str]]:
    """Return the numbers of a dashboard and where each leads, by title."""
    found = re.findall(
        r'<a class="card mail-tile" href="([^"]+)"><span>([^<]+)</span><strong>(\d+)</strong>', page
    )
    return {title: (int(count), unescape(address)) for address, title, count in found}


@pytest.mark.parametrize("direction", ["", "inbound", "outbound", "internal"])
def test_every_number_of_the_dashboard_is_what_the_trace_finds_with_its_filter(
    direction: str, administrator_before_pages: Browser, post_office: PostOffice
) -> None:
    spam = Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE)
    post_office.post(
        Letter(), Letter(recipients=BOTH), spam, replace(spam, direction=Direction.OUTBOUND),
        Letter(direction=Direction.OUTBOUND), Letter(direction=Direction.INTERNAL),
    )  # fmt: skip

    tiles = tiles_of(administrator_before_pages.get(f"/t/acme/dashboard?direction={direction}").text)

    assert tiles["Delivered"][0] >= 1
    for title, (count, address) in tiles.items():
        shown = administrator_before_pages.get(f"{address}&export=csv").text.splitlines()[1:]
        assert len({line.split(",")[1] for line in shown}) == count, title


def test_notices_of_our_own_are_no_mail_that_was_delivered(
    administrator_before_pages: Browser, post_office: PostOffice
) -> None:
    def delivered(direction: str) -> int:
        page = administrator_before_pages.get(f"/t/acme/dashboard?direction={direction}").text
        return tiles_of(page)["Delivered"][0]

    before = (delivered(""), delivered("internal"))
    post_office.post(Letter(direction=Direction.INTERNAL))

    assert (delivered(""), delivered("internal")) == (before[0], before[1] + 1)


def test_looking_at_pages_orders_nothing(
    administrator_before_pages: Browser, post_office: PostOffice
) -> None:
    (message,) = post_office.post(Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE))
    copy = resting(message)

    for order in ("release", "delete"):
        assert administrator_before_pages.get(f"/t/acme/quarantine/{order}?ids={copy}").status == 200
    assert administrator_before_pages.get(f"/t/acme/queue/orders/bounce?ids={message}").status == 200

    assert "Delete…" in administrator_before_pages.get(f"/t/acme/quarantine/{copy}").text


def test_refused_mail_is_found_by_the_code_that_its_sender_has(
    administrator_before_pages: Browser, post_office: PostOffice
) -> None:
    from lazaretto.store import refused

    reference = a_reference()
    sender = f"ann-{reference.lower()}@sender.example"
    post_office.post(
        Letter(sender=sender, verdict=Verdict.SPAM, disposition=Disposition.REJECT, reference=reference)
    )

    found = administrator_before_pages.get(f"/t/acme/refused?code={reference}")
    assert sender in found.text
    assert (
        signed_in_with("zeta", "tenant-administrator")
        .get(f"/t/zeta/refused?code={reference}")
        .text.count(sender)
        == 0
    )

    assert refused.ask(reference)
    page = administrator_before_pages.get("/t/acme/refused").text
    assert sender in page
    address = next(part for part in page.split('"') if part.endswith("/grant"))
    assert "seven days" in administrator_before_pages.get(address).text
    assert administrator_before_pages.post(address).status == 302
    assert "Sender allowed" in administrator_before_pages.get("/t/acme/refused").text


def test_a_report_opens_a_case(administrator_before_pages: Browser, post_office: PostOffice) -> None:
    from lazaretto.store.mailpath import mail_path
    from tests.portal.mail import number_of

    (message,) = post_office.post(Letter())
    path = f"/t/acme/messages/{message}/report/spam"

    assert administrator_before_pages.get(path).status == 200
    assert str(message) not in {
        each.about for each in mail_path().wait(mail_path().cases.list(number_of("acme"), 50))
    }
    assert administrator_before_pages.post(path).status == 302
    opened = mail_path().wait(mail_path().cases.list(number_of("acme"), 50))
    assert [each.is_spam for each in opened if each.about == str(message)] == [True]


def test_the_audit_shows_what_changed_and_that_it_is_whole(
    administrator_before_pages: Browser, post_office: PostOffice
) -> None:
    (message,) = post_office.post(Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE))
    copy = resting(message)
    administrator_before_pages.post("/t/acme/quarantine/release", {"ids": str(copy), "to": "first"})

    page = administrator_before_pages.get(f"/t/acme/audit?act=quarantine.release&object={copy}").text
    address = next(
        part for part in page.split('"') if part.startswith("/t/acme/audit/") and part[-1].isdigit()
    )
    assert "&quot;to&quot;: &quot;first&quot;" in administrator_before_pages.get(address).text
    assert "The record is whole" in administrator_before_pages.get("/t/acme/audit/verification").text
    exported = administrator_before_pages.get(f"/t/acme/audit?object={copy}&export=csv").text
    assert "quarantine.release" in exported


def test_waiting_mail_is_sent_to_no_hosts_but_the_tenants_own(
    administrator: Program, post_office: PostOffice
) -> None:
    (message,) = post_office.post(Letter(delivered=False))
    order: dict[str, Any] = {"order": "reroute", "ids": [str(message)]}

    elsewhere = administrator.post("/tenants/acme/queue/orders", {**order, "to": "elsewhere.example"})
    own = administrator.post("/tenants/acme/queue/orders", {**order, "to": "branch.acme.example"})

    assert (elsewhere.status, own.json) == (422, {"copies": 1})


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "W10"])
@pytest.mark.parametrize("path", ["messages", "quarantine", "queue", "audit", "refused"])
def test_a_cursor_of_somebodys_making_is_told_as_such(
    administrator_before_pages: Browser, path: str, cursor: str
) -> None:
    page = administrator_before_pages.get(f"/t/acme/{path}?cursor={cursor}")

    assert (page.status, "cursor" in page.text) == (200, True)


@pytest.mark.parametrize("asked", ["since=yesterday", "client_ip=somewhere", "id=unknown"])
def test_what_cannot_be_meant_is_told_on_the_page(administrator_before_pages: Browser, asked: str) -> None:
    page = administrator_before_pages.get(f"/t/acme/messages?{asked}")

    assert (page.status, 'role="alert"' in page.text) == (200, True)
