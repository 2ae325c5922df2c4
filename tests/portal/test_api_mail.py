"""Messages, quarantine, queue and indicators by API: a tenant's own, within domains and rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from lazaretto.core.identity import new_message_id
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program, with_grant
from tests.portal.mail import make_partitions
from tests.portal.people import a_tenant

pytestmark = pytest.mark.integration


def number_of(name: str) -> int:
    from lazaretto.store.mailpath import mail_path

    found = mail_path().wait(mail_path().tenants.number_of(name))
    assert found is not None
    return found


def traced(store: StoreSettings, tenant: str, recipient: str, subject: str, at: datetime) -> UUID:
    """Write a message into the trace as the shipper does; return its id."""
    message, number = new_message_id(), number_of(tenant)
    make_partitions(store, at)
    with psycopg.connect(store.trace, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO trace_message (received_at, tenant, message, direction, sender, sender_folded,"
            " sender_domain, subject, size, verdict, terms) VALUES (%s, %s, %s, 'inbound',"
            " 'a@partner.example',"
            " 'a@partner.example', 'partner.example', %s, 100, 'bulk', %s)",
            [at, number, message, subject, [f"d:{recipient.partition('@')[2]}"]],
        )
        connection.execute(
            "INSERT INTO trace_recipient (received_at, tenant, message, address, folded, domain)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [at, number, message, recipient, recipient, recipient.partition("@")[2]],
        )
        connection.execute(
            "INSERT INTO traffic_to_count VALUES (%s, date_trunc('hour', %s, 'UTC')) ON CONFLICT DO NOTHING",
            [number, at],
        )
        connection.execute(
            "INSERT INTO event (at, seq, tenant, message, kind, recipients, details)"
            " VALUES (%s, %s, %s, %s, 'received', '{}', %s)",
            [
                at,
                uuid4().int >> 65,
                number,
                message,
                json.dumps({"subject": subject, "size": 100, "attachments": [f"{subject}.pdf"]}),
            ],
        )
    return message


@pytest.fixture(scope="module")
def stories(store: StoreSettings) -> Iterator[dict[str, UUID]]:
    """Three messages of ``acme``, one of them for its other domain, and one of ``zeta``."""
    at = datetime.now(UTC) - timedelta(hours=1)
    yield {
        "first": traced(store, "acme", "alice@acme.example", "the first", at),
        "second": traced(store, "acme", "alice@acme.example", "the second", at),
        "branch": traced(store, "acme", "bob@branch.acme.example", "for the branch", at),
        "foreign": traced(store, "zeta", "alice@zeta.example", "of another tenant", at),
    }


def ids(answer: Any) -> set[str]:
    return {item["id"] for item in answer.json["items"]}


def test_a_tenant_sees_its_own_messages(administrator: Program, stories: dict[str, UUID]) -> None:
    found = ids(administrator.get("/tenants/acme/messages?verdict=bulk"))

    assert found == {str(stories[name]) for name in ("first", "second", "branch")}
    assert administrator.get(f"/tenants/acme/messages/{stories['foreign']}").status == 404


def test_pages_show_each_message_once(administrator: Program, stories: dict[str, UUID]) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = administrator.get(f"/tenants/acme/messages?verdict=bulk&limit=1&cursor={cursor}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert sorted(seen) == sorted(str(stories[name]) for name in ("first", "second", "branch"))


def test_rights_in_one_domain_show_that_domains_messages(
    store: StoreSettings, stories: dict[str, UUID]
) -> None:
    only = with_grant("acme", "help-desk", domains=["branch.acme.example"], domains_are_excepted=False)
    others = with_grant("acme", "help-desk", domains=["branch.acme.example"])

    assert ids(only.get("/tenants/acme/messages?verdict=bulk")) == {str(stories["branch"])}
    assert str(stories["branch"]) not in ids(others.get("/tenants/acme/messages?verdict=bulk"))
    assert only.get(f"/tenants/acme/messages/{stories['first']}").status == 404


def test_the_help_desk_sees_no_content(store: StoreSettings, stories: dict[str, UUID]) -> None:
    desk = with_grant("acme", "help-desk")

    story = desk.get(f"/tenants/acme/messages/{stories['first']}")

    assert "the first" not in story.text
    assert story.json["events"][0]["size"] == 100
    assert desk.get("/tenants/acme/messages?subject=first").status == 403


def test_a_feed_goes_on_where_it_was_left(administrator: Program, stories: dict[str, UUID]) -> None:
    told, cursor = [], ""
    while (part := administrator.get(f"/tenants/acme/events?limit=2&cursor={cursor}")).text:
        told += part.text.splitlines()
        cursor = part.headers["Next-Cursor"]

    assert len(told) == len(set(told))
    ours = [str(stories[name]) for name in ("first", "second", "branch")]
    assert [one for one in ours if not any(one in line for line in told)] == []
    end = administrator.get(f"/tenants/acme/events?cursor={cursor}")
    assert (end.text, end.headers["Next-Cursor"]) == ("", cursor)


def test_a_feed_without_the_right_to_content_tells_no_subjects(
    store: StoreSettings, stories: dict[str, UUID]
) -> None:
    reader = with_grant("acme", "feed-reader")

    assert "the first" not in reader.get("/tenants/acme/events").text


def test_an_empty_queue_and_quarantine_are_lists_all_the_same(stranger: Program) -> None:
    assert stranger.get("/tenants/zeta/queue").json == []
    assert stranger.get("/tenants/zeta/quarantine").json == {"items": [], "next": None}
    assert stranger.get("/tenants/zeta/queue/figures").json["totals"]["TotalMessagesInbound"] == 0


def test_an_order_about_everything_is_refused(store: StoreSettings) -> None:
    name = a_tenant("tenant: {name}\ndomains: {'{name}.example': {}}\n")
    ann = with_grant(name, "tenant-administrator")

    everything = ann.post(f"/tenants/{name}/queue/orders", {"order": "bounce"})
    nothing = ann.post(f"/tenants/{name}/queue/orders", {"order": "retry", "domain": f"{name}.example"})

    assert (everything.status, nothing.json) == (422, {"copies": 0})


def test_indicators_are_added_renewed_and_removed(administrator: Program, stranger: Program) -> None:
    wish = {"kind": "url", "value": "bad.example/kit", "action": "block", "reason": "a campaign"}
    (number,) = administrator.post("/tenants/acme/indicators", {"indicators": [wish]}).json["ids"]
    path = f"/tenants/acme/indicators/{number}"

    assert administrator.get("/tenants/acme/indicators").json[0]["owner"].startswith("tenant-administrator")
    assert stranger.ask("DELETE", f"/tenants/zeta/indicators/{number}").status == 404
    assert administrator.post(f"{path}/renewal", {"days": 30}).status == 204
    assert administrator.ask("DELETE", path).status == 204
    assert administrator.ask("DELETE", path).status == 404


def test_an_indicator_that_means_nothing_is_refused(administrator: Program) -> None:
    wish = {"kind": "senderiprange", "value": "not a network"}

    assert administrator.post("/tenants/acme/indicators", {"indicators": [wish]}).status == 422
