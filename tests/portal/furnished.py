"""A tenant that has one of everything, and the way from link to link to every page about it.

Nothing here is a list of pages: what ``every_address`` returns is found as people find it, by what stands
on the pages before.  A page to which no way leads is therefore missing, and whoever adds one furnishes the
tenant with what it is about.
"""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from lazaretto.core.decision import Difference, Disposition
from lazaretto.core.decision import Place as Where
from lazaretto.core.findings import Finding, Verdict
from tests.portal.conftest import Browser, signed_in_end_user, signed_in_with
from tests.portal.mail import Letter, PostOffice
from tests.portal.people import a_tenant

PER_PAGE: Final = 2
"""Addresses that are kept of each page, so that both kinds of an entry are seen where there are two."""
_LINKS: Final = re.compile(r"""\s(?:href|action|formaction|hx-get|src)="([^"]+)\"""")
TEXT: Final = """\
version: 1
tenant: {name}
routes:
  main: [{host: 127.0.0.1, port: 2626, weight: 7}]
  spare: [{host: mx.spare.example}]
domains:
  {name}.example: {route: main}
  branch.{name}.example: {routes: [{host: 127.0.0.1, port: 2626}]}
addresses: ['alice@{name}.example', 'bob@{name}.example', 'carol@branch.{name}.example']
aliases: {'sales@{name}.example': 'alice@{name}.example'}
groups:
  books: {members: ['bob@{name}.example'], description: Those who pay what is due}
blocked_senders: [{entry: pushy.example, reason: asked for by sales, owner: Ann}]
approved_senders: [{entry: partner.example}]
tls_partners: {bank.example: {inbound: true}}
rules:
- name: Invoices from elsewhere
  when: {symbols: [SPF_FAIL]}
  action: {disposition: quarantine}
newsletters:
  wanted:
  - {list: news.lists.example, signed_by: lists.example}
"""
CARE: Final = """\
version: 1
tenant: {name}
contract: {formula: full-care, limited_rights: true}
domains: {'{name}.example': {}}
addresses: ['ann@{name}.example', 'bob@{name}.example']
aliases: {'a.long@{name}.example': 'ann@{name}.example'}
"""
"""A tenant whose people keep accounts of the quarantine portal, and nothing else."""
_CHOSEN: Final = re.compile(r'<input[^>]*type="checkbox"[^>]*name="(ids|addresses)"[^>]*value="([^"]+)"')
_LONG: Final = (
    "Re: minutes of a meeting, with-a-word-that-is-longer-than-any-telephone-is-wide-and-goes-on.pdf"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page that answers, and who saw it."""

    path: str
    browser: Browser
    text: str


@dataclass(slots=True)
class Furnished:
    """A tenant with one of everything, and who may look at it."""

    tenant: str
    care: str
    administrator: Browser
    delegate: Browser
    operator: Browser
    end_user: Browser
    reference: str = "WXYZ2345"
    """What the sender of the refused message was told."""
    led: list[str] = field(default_factory=list)
    """Where the administrator's forms led."""

    def who_may(self, path: str) -> Browser:
        """Return the browser of who may see most of what lies where ``path`` leads."""
        places = {"/platform/": self.operator, "/q/": self.end_user, f"/t/{self.care}/": self.delegate}
        return next((who for place, who in places.items() if path.startswith(place)), self.administrator)

    def starts(self) -> list[tuple[Browser, str]]:
        """Return where each person begins."""
        return [
            *((self.administrator, path) for path in (f"/t/{self.tenant}/dashboard", *self.led)),
            (self.delegate, f"/t/{self.care}/portal-accounts"),
            (self.operator, "/platform/tenants"),
            (self.operator, f"/t/{self.tenant}/services"),
            (self.end_user, "/q/"),
        ]

    def sends(self, path: str, form: dict[str, Any], who: Browser | None = None) -> str:
        """Send a form of the tenant's, and return where it leads; a failed test where it is not taken."""
        answer = (who or self.administrator).post(path, form)
        assert answer.status in (200, 302), (path, answer.status, errors_of(answer.text))
        there = answer.headers.get("Location", path)
        if who is None and there not in self.led:
            self.led.append(there)
        return there


def furnish(post: PostOffice, dns_answers: Path) -> Furnished:
    """Return a new tenant that has one of everything, most of it made by the forms that people fill in."""
    tenant, care = a_tenant(TEXT), a_tenant(CARE)
    found = Furnished(
        tenant,
        care,
        signed_in_with(tenant, "tenant-administrator"),
        signed_in_with(care, "quarantine-delegate"),
        signed_in_with(None, "operator-administrator"),
        signed_in_end_user(f"alice@{tenant}.example"),
    )
    found.operator.post(f"/act-for/{tenant}", {})
    _keep_accounts(found)
    _fill_in(found)
    _make_keys(found, dns_answers)
    _send_mail(found, post)
    _decide(found)
    _leave_drafts(found)
    return found


def _keep_accounts(found: Furnished) -> None:
    """Send the forms of who keeps accounts of the quarantine portal."""
    there, own = f"/t/{found.care}", f"{found.care}.example"
    account = {"address": f"bob@{own}", "language": "en"}
    found.sends(f"{there}/portal-accounts/new", account, found.delegate)
    group = {"name": "Sales", "mailboxes": f"ann@{own}", "members": f"bob@{own}"}
    found.sends(f"{there}/account-groups/new", group, found.delegate)


def _fill_in(found: Furnished) -> None:
    """Send the forms of an administrator, and one of an end user."""
    there, own = f"/t/{found.tenant}", f"{found.tenant}.example"
    trait = {
        "kind": "bodysenderdomain",
        "value": "kit.example",
        "action": "quarantine",
        "direction": "inbound",
    }
    forms: dict[str, dict[str, Any]] = {
        "domains/new": {"domain": f"new.{own}"},
        "indicators/new": {**trait, "days": 7},
        "providers/new": {"domain": own, "issuer": "https://login.example", "client_id": "lazaretto"},
        "people/new": {"email": f"victor@{own}", "role": "read-only", "language": "en"},
        "tokens": {"name": "the backup", "role": "read-only", "days": 30},
    }
    for path, form in forms.items():
        found.sends(f"{there}/{path}", form)
    found.sends("/q/senders", {"list": "blocked", "entry": "pushy.example"}, found.end_user)
    found.sends("/q/readers", {"reader-address": f"bob@{own}"}, found.end_user)


def _make_keys(found: Furnished, dns_answers: Path) -> None:
    """Let one key sign and the next one wait, both of them in the DNS."""
    from lazaretto.detect.authentication.signing import Algorithm
    from lazaretto.store import domain_keys
    from tests.portal.people import someone

    own, there = f"{found.tenant}.example", f"/t/{found.tenant}/domains/{found.tenant}.example/keys"

    def publish() -> None:
        keys = [each.key for each in domain_keys.keys(someone(found.tenant), own)]
        dns_answers.write_text(json.dumps({key.record_name: {"TXT": [key.record]} for key in keys}))

    found.sends(there, {"algorithm": Algorithm.ED25519.value})
    publish()
    found.sends(f"{there}/turn", {})
    publish()


def _send_mail(found: Furnished, post: PostOffice) -> None:
    """Let mail of every fate arrive."""
    plain = Letter(tenant=found.tenant, recipients=(f"alice@{found.tenant}.example",))
    tagged = Difference(
        action="tag-subject", place=Where.HEADER, name="Subject", before=_LONG, after=f"[check] {_LONG}"
    )
    spam = Finding("BODY_LOTTERY", 5.0, "you have won", Verdict.SPAM)
    at_rest = {"disposition": Disposition.QUARANTINE}
    *_others, changed = post.post(
        replace(plain, subject="Still on its way", delivered=False),
        replace(plain, subject="A prize", verdict=Verdict.SPAM, findings=(spam,), **at_rest),
        replace(plain, subject="A trojan", verdict=Verdict.MALWARE, **at_rest),
        replace(
            plain,
            subject="Refused",
            verdict=Verdict.SPAM,
            disposition=Disposition.REJECT,
            reference=found.reference,
        ),
        replace(plain, subject=_LONG, differences=(tagged,)),
    )
    # Its page shows more than those of the others, and is looked at before them.
    found.led.append(f"/t/{found.tenant}/messages/{changed}")


def _decide(found: Furnished) -> None:
    """Report, ask, look and try: what leads to pages that only an order leads to."""
    from lazaretto.store import refused
    from lazaretto.store.mailpath import mail_path
    from tests.portal.mail import number_of

    there, path = f"/t/{found.tenant}", mail_path()
    copies = path.wait(path.quarantine.list(tenant=number_of(found.tenant)))
    (trojan,) = (each for each in copies if each.reason == "malware")
    (prize,) = (each for each in copies if each.reason == "spam")
    wish = {"ids": [str(trojan.id)], "to": "first", "reason": "a sample for our laboratory"}
    found.sends(f"{there}/quarantine/release", wish)
    found.sends(f"{there}/quarantine/{prize.id}", {})
    found.sends(f"{there}/messages/{prize.message}/report/not-spam", {})
    entry = {"list": "blocked", "entry": prize.sender, "days": "30"}
    found.sends(f"{there}/messages/{prize.message}/sender", entry)
    assert refused.ask(found.reference)


def _leave_drafts(found: Furnished) -> None:
    """Leave changes that wait: for their publishing, for a second person, for the time machine."""
    from lazaretto.store import reviews
    from lazaretto.store.rows.models import Backtest
    from tests.portal.mail import number_of
    from tests.portal.people import someone

    there = f"/t/{found.tenant}"
    text = TEXT.replace("{name}", found.tenant) + "max_message_size: 60\n"
    reviews.propose(someone(found.tenant), text, note="for the plans of the new hall")
    run = Backtest.objects.create(owner="test", tenant=number_of(found.tenant), digest="0", days=30, done=7)
    # It goes on for as long as the tests do: one that stands still is told as lost.
    Backtest.objects.filter(id=run.id).update(updated_at=datetime.now(UTC) + timedelta(days=1))
    found.led += [f"{there}/changes/effects/{run.id}", f"{there}/senders/effects/{run.id}"]
    rule = {"name": "Spoofs", "symbols": "DMARC_FAIL", "disposition": "quarantine"}
    found.sends(f"{there}/rules/new", rule)
    found.sends(f"{there}/senders/new", {"list": "blocked", "entry": "louder.example"})


def every_address(found: Furnished) -> dict[str, list[Seen]]:
    """Return some addresses of each page that answers, by its name, by following what pages lead to."""
    seen: dict[str, list[Seen]] = {}
    waiting = deque(found.starts())
    met = set(waiting)
    while waiting:
        who, path = waiting.popleft()
        name, about = page_at(path)
        known = seen.setdefault(name, []) if name else []
        if not name or len(known) >= PER_PAGE or any(page_at(each.path)[1] == about for each in known):
            continue
        answer = who.get(path)
        if answer.status == 200 and answer.headers.get("Content-Type", "").startswith("text/html"):
            known.append(Seen(path, who, answer.text))
            leads = [(who, each) for each in leads_to(path, answer.text)]
            waiting.extend(each for each in leads if each not in met)
            met.update(leads)
    return {name: places for name, places in seen.items() if places}


def leads_to(path: str, text: str) -> Iterable[str]:
    """Return where a page leads; the buttons of a list are pressed with its first row chosen."""
    chosen = _CHOSEN.search(text)
    links = [urljoin(path, html.unescape(link)).partition("#")[0] for link in _LINKS.findall(text)]
    first = [f"{link}?{chosen[1]}={chosen[2]}" for link in links if "?" not in link] if chosen else []
    return dict.fromkeys([*links, *first])


def page_at(path: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the page at ``path`` and what it is about; an empty name where there is none."""
    from django.urls import Resolver404, resolve

    if path.startswith("//") or "export=" in path or "download=" in path:
        return "", {}
    try:
        match = resolve(path.partition("?")[0])
    except Resolver404:
        return "", {}
    return (match.url_name or "" if match.namespaces == ["pages"] else ""), match.kwargs


def errors_of(text: str) -> list[str]:
    """Return what a page says is wrong, beside its fields and at its top."""
    found = re.findall(r'(?s)class="(?:field-error|alert alert-(?:danger|warning))\b[^>]*>(.{0,600})', text)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>?", " ", each)).strip()[:200] for each in found]
