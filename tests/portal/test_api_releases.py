"""Malware leaves the quarantine only when two people want it to, and figures are what searches find."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

import click
import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Program, with_grant
from tests.portal.mail import Letter, PostOffice

pytestmark = pytest.mark.integration


@pytest.fixture
def malware(post_office: PostOffice) -> UUID:
    """The id of a copy of malware at rest."""
    from lazaretto.store.mailpath import mail_path

    letter = Letter(subject="A trojan", verdict=Verdict.MALWARE, disposition=Disposition.QUARANTINE)
    (message,) = post_office.post(letter)
    (copy,) = mail_path().wait(mail_path().quarantine.list(messages=[message]))
    return copy.id


def looked_at_again(copy: UUID) -> None:
    """Do what the jobs process does before anybody decides."""
    from lazaretto.store.mailpath import mail_path

    path = mail_path()
    (request,) = path.wait(path.releases.list(ids=[copy], states=["looking"]))
    path.wait(path.releases.note_second_look(request, "malware", "bundle 2"))


def asked_for(somebody: Program, copy: UUID) -> Any:
    wish = {"ids": [str(copy)], "to": "first", "reason": "a sample for our laboratory"}
    answer = somebody.post("/tenants/acme/quarantine/requests", wish)
    assert answer.status == 200, answer.text
    return answer.json


def test_malware_is_not_released_by_one_person(administrator: Program, malware: UUID) -> None:
    released = administrator.post("/tenants/acme/quarantine/release", {"ids": [str(malware)]})
    assert released.json["outcomes"] == {str(malware): "needs approval"}

    (request,) = asked_for(administrator, malware)
    assert (request["state"], request["may_decide"]) == ("looking", False)
    looked_at_again(malware)

    path = f"/tenants/acme/quarantine/requests/{request['id']}"
    assert administrator.post(f"{path}/approve", {}).status == 403


def test_a_second_token_does_not_make_a_second_person(store: StoreSettings, malware: UUID) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope, console_token

    email = f"alone-{uuid4().hex[:8]}@people.example"
    add_account(console_scope("test", "acme"), email, Granted(role="tenant-administrator"))
    first, second = (Program(console_token("test", email, name, (), None)) for name in ("one", "two"))
    (request,) = asked_for(first, malware)
    looked_at_again(malware)

    path = f"/tenants/acme/quarantine/requests/{request['id']}"
    assert second.post(f"{path}/approve", {}).status == 403


def test_another_administrator_approves_and_the_copy_goes_where_it_was_asked_for(
    administrator: Program, store: StoreSettings, malware: UUID
) -> None:
    other = with_grant("acme", "quarantine-administrator")
    (request,) = asked_for(administrator, malware)
    path = f"/tenants/acme/quarantine/requests/{request['id']}"
    assert other.post(f"{path}/approve", {}).status == 422
    looked_at_again(malware)

    approved = other.post(f"{path}/approve", {"reason": "the laboratory called"})

    assert (approved.json["state"], approved.json["to"]) == ("released", "first")
    assert approved.json["decided_by"].startswith("quarantine-administrator")
    assert administrator.post("/tenants/acme/quarantine/release", {"ids": [str(malware)]}).json == {
        "outcomes": {str(malware): "released"}
    }


def test_a_second_request_is_refused_as_long_as_one_is_open(administrator: Program, malware: UUID) -> None:
    other = with_grant("acme", "quarantine-administrator")
    (request,) = asked_for(administrator, malware)
    assert request["reached"] == ["alice@acme.example"]
    assert asked_for(administrator, malware) == [request]

    wish = {"ids": [str(malware)], "to": "recipients", "reason": "they need it"}
    for who in (other, administrator):
        refused = who.post("/tenants/acme/quarantine/requests", wish)
        assert (refused.status, request["id"] in refused.json["detail"]) == (409, True)
        assert "to first" in refused.json["detail"]
    looked_at_again(malware)
    (standing,) = [
        each for each in other.get("/tenants/acme/quarantine/requests").json if each["id"] == request["id"]
    ]
    assert (standing["to"], standing["requested_by"]) == ("first", request["requested_by"])


def test_what_was_denied_stays(administrator: Program, malware: UUID) -> None:
    (request,) = asked_for(administrator, malware)
    looked_at_again(malware)
    path = f"/tenants/acme/quarantine/requests/{request['id']}"

    denied = administrator.post(f"{path}/deny", {"reason": "no need"})

    assert denied.json["state"] == "denied"
    kept = administrator.get("/tenants/acme/quarantine?reason=malware").json["items"]
    assert str(malware) in {copy["id"] for copy in kept}


def test_requests_of_one_tenant_are_not_there_for_another(
    administrator: Program, stranger: Program, malware: UUID
) -> None:
    (request,) = asked_for(administrator, malware)
    path = f"/tenants/zeta/quarantine/requests/{request['id']}"

    assert stranger.post(f"{path}/approve", {}).status == 404
    assert stranger.get("/tenants/zeta/quarantine/requests").json == []
    assert (
        stranger.post("/tenants/zeta/quarantine/requests", {"ids": [str(malware)], "reason": "x"}).json == []
    )


def test_what_is_wrong_with_a_request_is_told_by_the_name_of_its_field(administrator: Program) -> None:
    refused = administrator.post("/tenants/acme/quarantine/requests", {"ids": ["x"], "reason": "y"})

    assert [each["where"] for each in refused.json["errors"]] == ["ids.0"]
    assert refused.json["detail"].startswith("ids.0: ")
    unasked = administrator.get("/tenants/acme/messages?limit=x").json["errors"]
    assert [each["where"] for each in unasked] == ["limit"]


def test_the_description_of_the_api_names_commands_that_exist() -> None:
    from lazaretto.cli.main import root
    from lazaretto.web.api.application import make_api

    description = make_api().description
    for named in re.findall(r"`lazaretto ([a-z -]+)`", description):
        found: Any = root
        for word in named.split():
            found = found.get_command(click.Context(found), word)
            assert found is not None, named


def test_nothing_is_released_to_an_address_elsewhere(administrator: Program, malware: UUID) -> None:
    wish = {"ids": [str(malware)], "to": "friend@elsewhere.example"}

    assert administrator.post("/tenants/acme/quarantine/release", wish).status == 422
    assert administrator.post("/tenants/acme/quarantine/requests", {**wish, "reason": "x"}).status == 422


def test_rights_in_one_domain_show_every_copy_of_it_page_by_page(
    store: StoreSettings, post_office: PostOffice
) -> None:
    """A page that is full of other domains' copies must not look like the last one."""
    spam = {"verdict": Verdict.SPAM, "disposition": Disposition.QUARANTINE}
    post_office.post(
        Letter(subject="first", recipients=("bob@branch.acme.example",), **spam),
        *(Letter(subject=f"other {number}", **spam) for number in range(4)),
    )
    only = with_grant(
        "acme", "quarantine-administrator", domains=["branch.acme.example"], domains_are_excepted=False
    )

    seen, cursor = [], ""
    while True:
        page = only.get(f"/tenants/acme/quarantine?reason=spam&limit=1&cursor={cursor}").json
        seen += [copy["subject"] for copy in page["items"]]
        if not (cursor := page["next"] or ""):
            break
    assert seen == ["first"]


@pytest.mark.parametrize(
    ("asked", "figure"),
    [("verdict=spam", "spam"), ("place=delivered", "delivered"), ("place=quarantined", "quarantined"),
     ("verdict=malware", "malware"), ("scanned=true", "scanned"), ("place=refused", "refused")],
)  # fmt: skip
@pytest.mark.parametrize("domain", ["", "branch.acme.example"])
def test_figures_equal_what_searches_find(
    administrator: Program, post_office: PostOffice, asked: str, figure: str, domain: str
) -> None:
    both = ("alice@acme.example", "bob@branch.acme.example")
    post_office.post(
        Letter(recipients=both),
        Letter(recipients=both, verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE),
        Letter(verdict=Verdict.SPAM, score=7.0),
        Letter(recipients=both[1:], verdict=Verdict.MALWARE, disposition=Disposition.DELETE),
    )

    shown = administrator.get(f"/tenants/acme/figures?period=7d&domain={domain}").json
    window = f"since={shown['since']}&until={shown['until']}".replace("+", "%2B")
    found, cursor = 0, ""
    while True:
        named = f"&domain={domain}" if domain else ""
        page = administrator.get(
            f"/tenants/acme/messages?{asked}&{window}{named}&limit=200&cursor={cursor}"
        ).json
        found += len(page["items"])
        if not (cursor := page["next"] or ""):
            break
    assert shown["totals"][figure] == found
    assert sum(step["counts"][figure] for step in shown["steps"]) == found


def test_rights_in_one_domain_show_its_figures_alone(store: StoreSettings, post_office: PostOffice) -> None:
    only = with_grant("acme", "help-desk", domains=["branch.acme.example"], domains_are_excepted=False)

    assert only.get("/tenants/acme/figures?domain=acme.example").status == 404
    unnamed = only.get("/tenants/acme/figures").json
    named = only.get("/tenants/acme/figures?domain=branch.acme.example").json
    assert unnamed["totals"] == named["totals"]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("author=partner.example", id="author's domain"),
        pytest.param("attachment=invoice.pdf", id="attachment"),
        pytest.param("host=login.bad.example", id="host"),
        pytest.param(f"sha256={'ab' * 32}", id="digest"),
        pytest.param("client_name=partner.example", id="client's name"),
        pytest.param("client_ip=192.0.2.0/24", id="network"),
        pytest.param("recipient=acme.example&place=delivered", id="recipient's domain and place"),
        pytest.param("remote=mx.customer.example", id="next hop"),
    ],
)
def test_a_message_is_found_by_what_people_know(
    administrator: Program, stranger: Program, post_office: PostOffice, asked: str
) -> None:
    (message,) = post_office.post(Letter(subject="to be found"))

    items = administrator.get(f"/tenants/acme/messages?{asked}&limit=200").json["items"]
    assert str(message) in {item["id"] for item in items}
    assert stranger.get(f"/tenants/zeta/messages?{asked}").json["items"] == []


@pytest.mark.parametrize("asked", ["attachment=invoice.pdf", "host=bad.example", f"sha256={'ab' * 32}"])
def test_the_help_desk_cannot_search_for_content(store: StoreSettings, asked: str) -> None:
    assert with_grant("acme", "help-desk").get(f"/tenants/acme/messages?{asked}").status == 403


def test_what_nobody_declared_metadata_is_not_told_to_the_help_desk(
    store: StoreSettings, post_office: PostOffice
) -> None:
    from lazaretto.store.metadata import metadata_of

    (message,) = post_office.post(Letter(subject="a secret subject"))

    story = with_grant("acme", "help-desk").get(f"/tenants/acme/messages/{message}").text
    for secret in ("a secret subject", "invoice.pdf", "login.bad.example", "ab" * 32):
        assert secret not in story
    assert metadata_of({"verdict": "spam", "invented_tomorrow": "content"}) == {"verdict": "spam"}
