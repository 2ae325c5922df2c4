"""Behind the reference in a 550: the reason without personal data, and a way to ask for the next message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lazaretto.core.findings import Verdict
from lazaretto.core.identity import new_message_id
from lazaretto.store.given import StoreSettings
from lazaretto.web.refused.texts import LANGUAGES, TEXTS, said
from tests.portal.conftest import DOCUMENT, Program, with_grant
from tests.portal.mail import make_partitions
from tests.portal.test_api_mail import number_of

pytestmark = pytest.mark.integration

SENDER = "ann@sender.example"


@pytest.fixture
def refused(store: StoreSettings) -> str:
    """The reference of a message of ``acme`` that was refused as spam."""
    return refused_as(store, "spam")


def refused_as(store: StoreSettings, verdict: str, name: str = "acme") -> str:
    reference = "".join("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[octet % 32] for octet in uuid4().bytes[:8])
    at, message, tenant = datetime.now(UTC) - timedelta(hours=2), new_message_id(), number_of(name)
    make_partitions(store, at)
    with psycopg.connect(store.trace, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO trace_message (received_at, tenant, message, sender, subject, verdict)"
            " VALUES (%s, %s, %s, %s, 'Our secret plans', %s)",
            [at, tenant, message, SENDER, verdict],
        )
        connection.execute(
            "INSERT INTO traffic_to_count VALUES (%s, date_trunc('hour', %s, 'UTC')) ON CONFLICT DO NOTHING",
            [tenant, at],
        )
        connection.execute(
            "INSERT INTO event (at, seq, tenant, message, kind, recipients, details)"
            " VALUES (%s, %s, %s, %s, 'refused', %s, %s)",
            [
                at,
                uuid4().int >> 65,
                tenant,
                message,
                ["alice@acme.example"],
                json.dumps({"reference": reference}),
            ],
        )
    return reference


def shown(reference: str, method: str = "GET", language: str = "en") -> tuple[int, str]:
    from django.test import Client

    response = Client().generic(method, f"/r/{reference}", headers={"Accept-Language": language})
    return response.status_code, response.content.decode()


def test_the_page_tells_why_and_names_nobody(refused: str) -> None:
    status, text = shown(refused.lower())

    assert (status, said("en")["spam"] in text) == (200, True)
    for personal in (SENDER, "sender.example", "alice", "acme", "secret plans"):
        assert personal not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_senders_language(refused: str, language: str) -> None:
    _, text = shown(refused, language=f"{language},en;q=0.1")

    assert f'lang="{language}"' in text
    assert said(language)["title"] in text


@pytest.mark.parametrize("reference", ["ABCDEFGH", "0000", "%00", "x" * 500])
def test_an_unknown_reference_is_said_to_be_one(store: StoreSettings, reference: str) -> None:
    status, text = shown(reference)

    assert (status, said("en")["unknown_title"] in text) == (404, True)


def test_looking_asks_for_nothing(administrator: Program, refused: str) -> None:
    shown(refused)

    assert refused not in administrator.get("/tenants/acme/pleas").text


def test_a_sender_who_asks_is_let_in_for_a_week_when_it_is_granted(
    administrator: Program, stranger: Program, refused: str
) -> None:
    shown(refused, "POST")
    _, text = shown(refused, "POST")
    pleas = administrator.get("/tenants/acme/pleas").json
    (plea,) = [each for each in pleas if each["reference"] == refused]
    path = f"pleas/{plea['id']}/decision"

    assert said("en")["asked"] in text
    assert (plea["sender"], plea["times"]) == (SENDER, 2)
    assert stranger.post(f"/tenants/zeta/{path}", {"decision": "granted"}).status == 404
    assert administrator.post(f"/tenants/acme/{path}", {"decision": "granted"}).json["decision"] == "granted"
    document = administrator.get("/tenants/acme/configuration").json["document"]
    week = (datetime.now(UTC).date() + timedelta(days=7)).isoformat()
    assert SENDER in document
    assert week in document
    assert administrator.post(f"/tenants/acme/{path}", {"decision": "declined"}).status == 422


def asked(ann: Program, store: StoreSettings, tenant: str) -> dict[str, Any]:
    reference = refused_as(store, "spam", tenant)
    shown(reference, "POST")
    return next(each for each in ann.get(f"/tenants/{tenant}/pleas").json if each["reference"] == reference)


def test_where_changes_need_a_second_person_letting_in_is_proposed(store: StoreSettings) -> None:
    tenant = f"careful-{uuid4().hex[:8]}"
    apply(DOCUMENT.format(name=tenant) + "review: {required: true}\n")
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    plea = asked(ann, store, tenant)
    path = f"/tenants/{tenant}/pleas/{plea['id']}/decision"

    answer = ann.post(path, {"decision": "granted"})

    assert (answer.status, answer.json["decision"]) == (200, None)
    number = answer.json["proposal"]
    again = ann.post(path, {"decision": "granted"})
    assert again.status == 422 and f"proposal {number}" in again.json["detail"]
    assert SENDER not in ann.get(f"/tenants/{tenant}/configuration").json["document"]
    assert ben.post(f"/tenants/{tenant}/proposals/{number}/approval", {}).status == 200
    assert SENDER in ann.get(f"/tenants/{tenant}/configuration").json["document"]
    decided = ann.get(f"/tenants/{tenant}/pleas").json[0]
    assert (decided["decision"], decided["proposal"]) == ("granted", None)
    assert decided["decided_by"] and decided["decided_at"]


def test_a_rejected_proposal_declines_what_it_would_have_granted(store: StoreSettings) -> None:
    tenant = f"careful-{uuid4().hex[:8]}"
    apply(DOCUMENT.format(name=tenant) + "review: {required: true}\n")
    ann, ben = (with_grant(tenant, "tenant-administrator") for _ in range(2))
    plea = asked(ann, store, tenant)
    number = ann.post(f"/tenants/{tenant}/pleas/{plea['id']}/decision", {"decision": "granted"}).json[
        "proposal"
    ]

    ben.post(f"/tenants/{tenant}/proposals/{number}/rejection", {"reason": "no"})

    assert ann.get(f"/tenants/{tenant}/pleas").json[0]["decision"] == "declined"


def apply(text: str) -> None:
    from lazaretto.store.mailpath import mail_path

    mail_path().wait(mail_path().tenants.apply(text, by="test"))


def test_nobody_asks_for_malware(store: StoreSettings, administrator: Program) -> None:
    reference = refused_as(store, "malware")

    _, text = shown(reference, "POST")

    assert said("en")["may_not_ask"] in text
    assert reference not in administrator.get("/tenants/acme/pleas").text


def test_every_text_is_there_in_every_language() -> None:
    missing = [
        (key, language) for key, texts in TEXTS.items() for language in LANGUAGES if not texts.get(language)
    ]

    assert missing == []
    assert {verdict.value for verdict in Verdict} <= TEXTS.keys()
