"""The most frequent tasks of an administrator, in a real browser: on a desk and on a phone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.indicators import IndicatorKind
from lazaretto.journal.late_matching import BadTrait, KeptStory, LateMatch
from lazaretto.run.late_events import late_event
from lazaretto.store.given import StoreSettings
from tests.portal.browsing import CHROMIUM, DESKTOP, PHONE, Surfer, listening, session_of
from tests.portal.mail import Letter, PostOffice, number_of

pytestmark = pytest.mark.integration

TENANT = "mira"
DOCUMENT = """\
version: 1
tenant: mira
domains:
  mira.example:
    routes: [{host: 127.0.0.1, port: 2626}]
  branch.mira.example:
    routes: [{host: 127.0.0.1, port: 2627}]
addresses: [alice@mira.example, bob@branch.mira.example]
"""
SPAM = Letter(
    tenant=TENANT,
    recipients=("alice@mira.example",),
    sender="news@shop.example",
    author="The Shop <news@shop.example>",
    subject="You have won",
    verdict=Verdict.SPAM,
    score=8.2,
    disposition=Disposition.QUARANTINE,
    findings=(Finding("BODY_LOTTERY", 5.0, "you have won", Verdict.SPAM),),
)
GOOD = Letter(tenant=TENANT, recipients=("alice@mira.example",), subject="Minutes of Monday")


@dataclass
class World:
    """What the tests meet."""

    address: str
    browser: Any
    post: PostOffice

    def surfer(self, size: dict[str, int], language: str, role: str = "tenant-administrator") -> Surfer:
        """Return a new person of the tenant."""
        session = aside(lambda: session_of(TENANT, role, language))
        return Surfer(self.browser, self.address, session, size, language)


def aside(work: Any) -> Any:
    """Do ``work`` in a thread of its own, where no driver of a browser runs a loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@pytest.fixture(scope="module")
def world(store: StoreSettings, post_office: PostOffice) -> Iterator[World]:
    """The application, listening, with some mail; and Chromium."""
    from playwright.sync_api import sync_playwright

    from lazaretto.store.mailpath import mail_path

    mail_path().wait(mail_path().tenants.apply(DOCUMENT, by="test"))
    post_office.post(*(replace(GOOD, subject=f"Minutes {number}") for number in range(3)))
    with listening() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield World(address, browser, post_office)
        browser.close()


@pytest.fixture(params=[(DESKTOP, "en"), (PHONE, "fr")], ids=["desk in English", "phone in French"])
def surfer(request: pytest.FixtureRequest, world: World) -> Iterator[Surfer]:
    """An administrator before a screen; nothing that they do may leave an error in the console."""
    size, language = request.param
    somebody = world.surfer(size, language)
    yield somebody
    errors = somebody.errors
    somebody.close()
    assert errors == []


def kind_of(surfer: Surfer) -> str:
    return "phone" if surfer.page.viewport_size["width"] == PHONE["width"] else "desk"


def button(surfer: Surfer, english: str, french: str) -> Any:
    """Return the control with one of these words."""
    words = french if kind_of(surfer) == "phone" else english
    main = surfer.page.locator("main")
    return main.get_by_role("button", name=words).or_(main.get_by_role("link", name=words)).first


def copy_of(message: UUID) -> UUID:
    from lazaretto.store.mailpath import mail_path

    (copy,) = aside(lambda: mail_path().wait(mail_path().quarantine.list(messages=[message])))
    return copy.id


def test_a_message_is_found_and_explained(world: World, surfer: Surfer) -> None:
    (message,) = world.post.post(replace(SPAM, subject=f"A prize on the {kind_of(surfer)}"))

    surfer.go(f"/t/{TENANT}/messages")
    surfer.page.fill("#search-subject", f"prize on the {kind_of(surfer)}")
    button(surfer, "Search", "Rechercher").click()
    surfer.take_picture(f"trace-{kind_of(surfer)}")
    assert not surfer.is_wider_than_the_screen()
    surfer.page.get_by_role("link", name=f"A prize on the {kind_of(surfer)}").click()

    assert surfer.page.url.endswith(str(message))
    text = surfer.page.inner_text("main")
    for told in (
        "BODY_LOTTERY",
        "news@shop.example",
        "invoice.pdf",
        "login.bad.example",
        "mx.partner.example",
    ):
        assert told in text
    surfer.take_picture(f"message-{kind_of(surfer)}")
    assert not surfer.is_wider_than_the_screen()


@pytest.mark.parametrize(
    ("language", "now", "then"),
    [
        ("en", "Malware Found to be malware afterwards:", "It was delivered as: Clean"),
        (
            "fr",
            "Logiciel malveillant Reconnu comme logiciel malveillant par la suite",
            "Il a été remis comme",
        ),
        ("nl", "Malware Achteraf als malware herkend:", "Bezorgd werd het als:"),
        ("de", "Schadsoftware Nachträglich als Schadsoftware erkannt:", "Zugestellt wurde sie als:"),
    ],
)
def test_a_message_that_is_convicted_late_says_so_first(
    world: World, language: str, now: str, then: str
) -> None:
    (message,) = world.post.post(replace(GOOD, subject="Minutes with a surprise"))
    at = datetime.now(UTC)
    match = LateMatch(
        tenant=aside(lambda: number_of(TENANT)),
        message=message,
        received_at=at,
        direction="inbound",
        sender=GOOD.sender,
        subject=GOOD.subject,
        message_id="",
        client_ip=GOOD.client_ip,
        size=1,
        recipients=GOOD.recipients,
        trait=BadTrait(IndicatorKind.ATTACHMENT_SHA256, "ab" * 32, "hash list Kit", name="Kit"),
    )
    world.post.convict(late_event(match, KeptStory({}, {}), at), at)
    person = world.surfer(DESKTOP, language)

    person.go(f"/t/{TENANT}/messages/{message}")

    person.take_picture(f"convicted-{language}")
    text = " ".join(person.page.inner_text("body").split())
    assert now in text
    assert then in text
    assert text.index(now) < text.index(then)
    person.close()


def test_a_message_is_released_from_its_page(world: World, surfer: Surfer) -> None:
    (message,) = world.post.post(SPAM)

    surfer.go(f"/t/{TENANT}/messages/{message}")
    button(surfer, "Release", "Libérer").click()
    surfer.take_picture(f"release-{kind_of(surfer)}")
    surfer.page.locator("main form[method=post] button").click()
    surfer.page.wait_for_url("**/quarantine/results")
    assert ("Released" if kind_of(surfer) == "desk" else "Libéré") in surfer.page.inner_text("main")
    surfer.take_picture(f"results-{kind_of(surfer)}")

    world.post.ship()
    surfer.go(f"/t/{TENANT}/messages/{message}")
    assert ("On its way" if kind_of(surfer) == "desk" else "En route") in surfer.page.inner_text("main")


def test_a_sender_is_allowed_after_seeing_the_effect(world: World, surfer: Surfer) -> None:
    (message,) = world.post.post(replace(SPAM, sender=f"news@{kind_of(surfer)}.example"))

    surfer.go(f"/t/{TENANT}/messages/{message}")
    button(surfer, "Allow sender", "Autoriser l’expéditeur").click()
    surfer.take_picture(f"sender-{kind_of(surfer)}")
    surfer.page.locator("main form[method=post] button").click()
    put = button(surfer, "Put in force", "Mettre en vigueur")
    put.wait_for(timeout=120_000)
    surfer.take_picture(f"sender-preview-{kind_of(surfer)}")
    put.click()
    surfer.page.wait_for_url("**/messages")

    from lazaretto.store.mailpath import mail_path

    text = aside(lambda: mail_path().wait(mail_path().tenants.export(TENANT)))
    assert f"news@{kind_of(surfer)}.example" in text


def test_messages_are_deleted_together_after_asking(world: World, surfer: Surfer) -> None:
    subject = f"To be deleted on the {kind_of(surfer)}"
    messages = world.post.post(*(replace(SPAM, subject=subject) for _ in range(3)))

    surfer.go(f"/t/{TENANT}/quarantine?subject={subject}")
    surfer.page.locator("thead input[type=checkbox]").check()
    surfer.take_picture(f"quarantine-{kind_of(surfer)}")
    assert not surfer.is_wider_than_the_screen()
    button(surfer, "Delete…", "Supprimer…").click()
    surfer.take_picture(f"delete-{kind_of(surfer)}")
    surfer.page.locator("main form[method=post] button").click()
    surfer.page.wait_for_url("**/quarantine/results")

    word = "Deleted" if kind_of(surfer) == "desk" else "Supprimé"
    assert surfer.page.locator("main tbody tr", has_text=word).count() == len(messages)
    surfer.go(f"/t/{TENANT}/quarantine?subject={subject}")
    assert surfer.page.locator("main tbody tr").count() == 0


def test_messages_are_exported(world: World, surfer: Surfer) -> None:
    world.post.post(replace(GOOD, subject="=cmd|'/c calc'!A1"))

    surfer.go(f"/t/{TENANT}/messages")
    with surfer.page.expect_download() as waiting:
        button(surfer, "Export as CSV", "Exporter en CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    assert {"time_utc", "message_ref", "spf", "attachment_sha256", "latency_ms"} <= rows[0].keys()
    assert {row["recipient"] for row in rows} == {"alice@mira.example"}
    assert "'=cmd|'/c calc'!A1" in {row["subject"] for row in rows}


def test_malware_is_released_by_two_people(world: World, surfer: Surfer) -> None:
    letter = replace(SPAM, subject="A sample", verdict=Verdict.MALWARE, recipients=("alice@mira.example",))
    (message,) = world.post.post(letter)
    copy = copy_of(message)

    surfer.go(f"/t/{TENANT}/quarantine/release?ids={copy}")
    surfer.page.fill("textarea[name=reason]", "for the laboratory")
    surfer.page.locator("main form[method=post] button").click()
    surfer.page.wait_for_url("**/quarantine/results")
    second_look(copy)
    surfer.go(f"/t/{TENANT}/quarantine/requests")
    surfer.page.get_by_role("link", name="A sample").first.click()
    assert surfer.page.locator("button[value=approve]").count() == 0
    surfer.go(f"/t/{TENANT}/quarantine/release?ids={copy}")
    surfer.page.fill("textarea[name=reason]", "something else")
    surfer.page.locator("main form[method=post] button").click()
    assert "asked already" in surfer.page.inner_text("main") or "déjà" in surfer.page.inner_text("main")
    surfer.go(f"/t/{TENANT}/quarantine/requests")
    surfer.page.get_by_role("link", name="A sample").first.click()

    other = world.surfer(DESKTOP, "en", "quarantine-administrator")
    other.go(surfer.page.url)
    other.take_picture(f"request-{kind_of(surfer)}")
    assert "it is sent to: alice@mira.example" in other.page.inner_text("main")
    other.page.locator("button[value=approve]").click()
    other.page.wait_for_url("**/quarantine/requests")
    world.post.ship()
    other.go(f"/t/{TENANT}/messages/{message}")
    text = other.page.inner_text("main")
    assert "Release approved" in text
    assert "for the laboratory" in text
    other.take_picture(f"released-{kind_of(surfer)}")
    other.close()


def second_look(copy: UUID) -> None:
    """Do what the jobs process does before anybody decides."""
    from lazaretto.store.mailpath import mail_path

    path = mail_path()

    def look() -> None:
        (request,) = path.wait(path.releases.list(ids=[copy], states=["looking"]))
        path.wait(path.releases.note_second_look(request, "malware", "bundle 2"))

    aside(look)


def test_a_message_in_quarantine_is_looked_at_safely_and_the_look_is_recorded(
    world: World, surfer: Surfer
) -> None:
    (message,) = world.post.post(SPAM)
    copy = copy_of(message)
    requests: list[str] = []
    surfer.page.on("request", lambda request: requests.append(request.url))

    surfer.go(f"/t/{TENANT}/quarantine/{copy}/frame")
    assert surfer.page.get_by_text("please look").count() == 0
    surfer.errors.clear()
    surfer.go(f"/t/{TENANT}/quarantine/{copy}")
    surfer.page.locator("main form[method=post] button").click()
    frame = surfer.page.frame_locator("iframe")
    frame.get_by_text("please look").wait_for()
    surfer.take_picture(f"copy-{kind_of(surfer)}")

    assert not [url for url in requests if not url.startswith(world.address)]
    assert frame.locator("script, img[src], a[href]").count() == 0
    assert "login.bad.example" in surfer.page.inner_text("main")
    surfer.go(f"/t/{TENANT}/audit?act=quarantine.look&object={copy}")
    assert surfer.page.locator("main tbody tr").count() == 1
    surfer.take_picture(f"audit-{kind_of(surfer)}")


def test_waiting_mail_is_tried_again(world: World, surfer: Surfer) -> None:
    sender = f"ann@{kind_of(surfer)}.partner.example"
    (message,) = world.post.post(replace(GOOD, sender=sender, delivered=False))

    surfer.go(f"/t/{TENANT}/queue")
    surfer.take_picture(f"queue-{kind_of(surfer)}")
    assert not surfer.is_wider_than_the_screen()
    surfer.page.locator("tbody tr", has_text=sender).locator("input[type=checkbox]").check()
    button(surfer, "Try again now", "Réessayer maintenant").click()
    surfer.take_picture(f"order-{kind_of(surfer)}")
    surfer.page.locator("main form[method=post] button").click()
    surfer.page.wait_for_url("**/queue")

    world.post.ship()
    surfer.go(f"/t/{TENANT}/messages/{message}")
    word = "Tried again by hand" if kind_of(surfer) == "desk" else "Réessayé à la main"
    assert word in surfer.page.inner_text("main")


def test_a_number_of_the_dashboard_leads_to_its_messages(world: World, surfer: Surfer) -> None:
    world.post.post(replace(SPAM, disposition=Disposition.DELIVER), SPAM)

    surfer.go(f"/t/{TENANT}/dashboard")
    surfer.page.wait_for_function("document.querySelector('[data-chart] canvas') !== null")
    surfer.take_picture(f"dashboard-{kind_of(surfer)}")
    assert not surfer.is_wider_than_the_screen()
    tile = surfer.page.locator("a.mail-tile", has_text="Spam")
    shown = int(tile.locator("strong").inner_text())
    tile.click()
    surfer.page.wait_for_url("**/messages?*")
    found = surfer.page.locator("main tbody tr").count()
    assert shown == found


@pytest.mark.parametrize("language", ["de", "nl"])
@pytest.mark.parametrize(
    "path", ["dashboard", "messages", "quarantine", "quarantine/requests", "queue", "queue/figures", "audit",
             "audit/verification", "refused"],
)  # fmt: skip
def test_every_page_fits_a_phone_in_the_other_languages(world: World, path: str, language: str) -> None:
    somebody = world.surfer(PHONE, language)

    somebody.go(f"/t/{TENANT}/{path}")

    assert somebody.page.locator("html").get_attribute("lang") == language
    assert not somebody.is_wider_than_the_screen()
    somebody.take_picture(f"{path.replace('/', '-')}-phone-{language}")
    assert somebody.errors == []
    somebody.close()


def test_the_help_desk_sees_what_became_of_a_message_and_not_what_it_says(world: World) -> None:
    (message,) = world.post.post(replace(SPAM, subject="A secret subject"))
    desk = world.surfer(DESKTOP, "en", "help-desk")

    desk.go(f"/t/{TENANT}/messages/{message}")

    text = desk.page.inner_text("main")
    assert "In quarantine" in text
    for secret in ("A secret subject", "invoice.pdf", "login.bad.example", "you have won"):
        assert secret not in desk.page.content()
    desk.take_picture("message-help-desk")
    desk.close()
