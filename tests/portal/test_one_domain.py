"""Rights in some domains only: no page says anything of another domain of the same tenant.

Every page of the register is asked for, plainly and with everything that belongs to the other domain in the
place of its parameters; what must not be seen bears one name that nothing else has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, signed_in_end_user, signed_in_with
from tests.portal.mail import Letter, PostOffice
from tests.portal.people import a_tenant, someone

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
routes:
  shared: [{host: 127.0.0.1, port: 2626}]
  to-HIDDEN: [{host: mx.HIDDEN.example}]
domains:
  open-{name}.example: {route: shared}
  HIDDEN.example: {route: to-HIDDEN, settings: {antispam: {spam: quarantine}}}
addresses: ['ann@open-{name}.example', 'bob@HIDDEN.example']
aliases: {'b.long@HIDDEN.example': 'bob@HIDDEN.example'}
groups:
  staff-HIDDEN: {members: ['bob@HIDDEN.example'], description: People of HIDDEN}
  staff: {members: ['ann@open-{name}.example', 'bob@HIDDEN.example']}
administrators: ['chief@HIDDEN.example']
personal_lists:
  bob@HIDDEN.example: {approved: [friend-of-HIDDEN.example]}
rules:
- name: Rule of HIDDEN
  when: {recipients: ['bob@HIDDEN.example']}
  action: {disposition: quarantine}
newsletters:
  wanted:
  - {list: news.lists.example, signed_by: lists.example, recipients: ['bob@HIDDEN.example']}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A tenant with an open and a hidden domain, and what belongs to the hidden one."""

    tenant: str
    hidden: str
    known: dict[str, list[str]]
    """What stands in place of a page's parameter, by its name."""


@pytest.fixture(scope="module")
def place(store: StoreSettings, post_office: PostOffice) -> Place:
    """A tenant with mail, people and settings in both domains."""
    hidden = f"hidden{uuid4().hex[:8]}"
    tenant = a_tenant(TEXT.replace("HIDDEN", hidden))
    bob = f"bob@{hidden}.example"
    from lazaretto.store.people import portal_accounts
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Account

    def letter(**more: Any) -> Letter:
        return Letter(
            tenant=tenant, recipients=(bob,), subject=f"For {hidden}", sender=f"s@to-{hidden}.example", **more
        )

    messages = post_office.post(
        letter(),
        letter(delivered=False),
        letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE),
        letter(verdict=Verdict.SPAM, disposition=Disposition.REJECT, reference=_reference()),
    )
    post_office.ship()
    signed_in_end_user(bob)
    add_account(
        console_scope("test", tenant),
        f"boss@{hidden}.example",
        Granted(role="read-only", domains=[f"{hidden}.example"], domains_are_excepted=False),
    )
    everything = someone(tenant)
    portal_accounts.put_group(everything, f"Desk of {hidden}", [bob], [bob])
    (group,) = portal_accounts.groups(everything)
    accounts = [str(each.id) for each in Account.objects.filter(email__endswith=f"@{hidden}.example")]
    return Place(
        tenant=tenant,
        hidden=hidden,
        known={
            "id of message": [str(each) for each in messages],
            "id of quarantine": _copies(messages),
            "id of p": accounts,
            "id of account": [str(group.id)],
            "domain": [f"{hidden}.example"],
            "name": [f"staff-{hidden}", "staff"],
            "which": [f"to-{hidden}", "shared"],
            "number": ["1"],
            "version": ["1"],
            "part": ["dns", "mail"],
        },
    )


def _reference() -> str:
    return "".join("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[octet % 32] for octet in uuid4().bytes[:8])


def _copies(messages: list[Any]) -> list[str]:
    from lazaretto.store.mailpath import mail_path

    return [str(each.id) for each in mail_path().wait(mail_path().quarantine.list(messages=messages))]


def _addresses_of(card: Any, place: Place) -> list[str]:
    """Return where a page is, once for each thing that could stand in its parameter."""
    paths = [f"/{card.place.value.replace('<tenant>', place.tenant)}{card.path}"]
    for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", card.path):
        values = place.known.get(name, ["something"])
        if kind == "uuid":
            beginnings = (each for each in place.known if card.name.startswith(each.removeprefix("id of ")))
            values = place.known.get(next(beginnings, ""), [str(uuid4())])
        paths = [re.sub(rf"<(?:\w+:)?{name}>", value, path) for path in paths for value in values]
    return paths


def _seen(browser: Browser, place: Place) -> dict[str, str]:
    """Return what tells of the hidden domain, by page, where it was not asked for by its own name."""
    from lazaretto.web.shell.cards import Place as Kind
    from lazaretto.web.shell.registry import pages

    found = {}
    for card in pages():
        if card.place is not Kind.TENANT:
            continue
        for path in _addresses_of(card, place):
            exports = [f"{path}?export=csv"] if "<" not in card.path else []
            for asked in (path, *exports):
                answer = browser.get(asked)
                assert answer.status < 500, asked
                # What the reader typed into the address is no news.
                text = answer.text.replace(asked, "").replace(path, "")
                # Nor is it what one's own rights leave out.
                text = text.replace(f"all except {place.hidden}.example", "")
                if place.hidden in text:
                    at = text.index(place.hidden)
                    found[f"{card.name}: {asked}"] = text[max(0, at - 80) : at + 40]
    return found


@pytest.mark.parametrize("is_excepted", [pytest.param(False, id="only"), pytest.param(True, id="all-except")])
def test_no_page_tells_of_a_domain_that_the_rights_do_not_reach(place: Place, is_excepted: bool) -> None:
    domains = [f"{place.hidden}.example"] if is_excepted else [f"open-{place.tenant}.example"]
    browser = signed_in_with(
        place.tenant, "tenant-administrator", domains=domains, domains_are_excepted=is_excepted
    )

    assert _seen(browser, place) == {}


def test_the_walk_finds_what_is_there_to_be_seen(place: Place) -> None:
    seen = _seen(signed_in_with(place.tenant, "tenant-administrator"), place)

    assert {"message", "quarantine", "domains", "groups", "rules", "people", "portal-accounts"} <= {
        each.partition(":")[0] for each in seen
    }
