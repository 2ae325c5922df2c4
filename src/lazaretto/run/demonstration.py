"""What `make run` shows a newcomer: a tenant, a mailbox to deliver to, and mail worth sending.

Everything lies under ``.example`` (RFC 2606) and on loopback; the DNS is a file, so that the
demonstration works on a machine without a resolver and always tells the same story.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final

from lazaretto.run.home import Home

TENANT: Final = "demo"
DOMAIN: Final = "customer.example"
SECOND_TENANT: Final = "atelier"
SECOND_DOMAIN: Final = "atelier.example"
OVERSIZE: Final = 51_000_000

_TENANT_DOCUMENT: Final = f"""\
version: 1
tenant: {TENANT}
profile: strict
domains:
  {DOMAIN}:
    routes: [{{host: %(host)s, port: %(port)d}}]
address_registration: enforce
addresses: [alice@{DOMAIN}, bob@{DOMAIN}, carla@{DOMAIN}, david@{DOMAIN}, info@{DOMAIN}]
aliases: {{sales@{DOMAIN}: alice@{DOMAIN}}}
protected_names: ["Élise Dupont"]
administrators: [alice@{DOMAIN}]
outbound: {{senders: [198.51.100.25]}}
digest: {{send: true}}
reports: {{spam: report@{DOMAIN}, not_spam: notspam@{DOMAIN}}}
"""
_SECOND_DOCUMENT: Final = f"""\
version: 1
tenant: {SECOND_TENANT}
profile: strict
domains:
  {SECOND_DOMAIN}:
    routes: [{{host: %(host)s, port: %(port)d}}]
address_registration: enforce
addresses: [emma@{SECOND_DOMAIN}, hugo@{SECOND_DOMAIN}]
protected_names: ["Élise Dupont"]
administrators: [emma@{SECOND_DOMAIN}]
language: fr
outbound: {{senders: [198.51.100.26]}}
digest: {{send: true, language: fr}}
"""

_DNS: Final = {
    "partner.example": {
        "A": ["127.0.0.1"],
        "MX": ["10 mx.partner.example"],
        "TXT": ["v=spf1 ip4:127.0.0.0/8 ip4:198.51.100.0/24 -all"],
    },
    "mx.partner.example": {"A": ["127.0.0.1"]},
    "shop.example": {
        "TXT": ["v=spf1 ip4:127.0.0.0/8 ip4:198.51.100.0/24 -all"],
        "MX": ["10 mx.shop.example"],
    },
    "mx.shop.example": {"A": ["127.0.0.1"]},
    "moulin.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"], "MX": ["10 mx.moulin.example"]},
    "bakkerij.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"], "MX": ["10 mx.bakkerij.example"]},
    "ofenbau.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"], "MX": ["10 mx.ofenbau.example"]},
    "jardin.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"], "MX": ["10 mx.jardin.example"]},
    "freemail.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"], "MX": ["10 mx.freemail.example"]},
    "quick-prize.example": {"MX": ["10 quick-prize.example"], "A": ["192.0.2.66"]},
    "1.0.0.127.in-addr.arpa": {"PTR": ["mx.partner.example"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMail:
    """One message of the demonstration and what to expect of it."""

    title: str
    sender: str
    recipient: str
    octets: bytes
    expect: str


PEOPLE: Final = (
    ("operator@platform.example", "operator-administrator", None, "Olga Operator"),
    (f"admin@{DOMAIN}", "tenant-administrator", TENANT, "Anna Admin"),
    (f"viewer@{DOMAIN}", "read-only", TENANT, "Victor Viewer"),
    (f"helpdesk@{DOMAIN}", "help-desk", TENANT, "Hanna Helpdesk"),
    (f"quarantine@{DOMAIN}", "quarantine-administrator", TENANT, "Quentin Quarantine"),
    (f"auditor@{DOMAIN}", "auditor", TENANT, "Adam Auditor"),
    (f"alice@{DOMAIN}", "", TENANT, "Alice"),
    (f"admin@{SECOND_DOMAIN}", "tenant-administrator", SECOND_TENANT, "Amélie Atelier"),
    (f"emma@{SECOND_DOMAIN}", "", SECOND_TENANT, "Emma"),
)
"""Who signs in at the demonstration's portals: address, role (empty = end user), tenant, name."""


def tenant_document(mailbox: tuple[str, int]) -> str:
    """Return the demo tenant's document; its mail goes to the host and port ``mailbox``."""
    host, port = mailbox
    return _TENANT_DOCUMENT % {"host": host, "port": port}


def second_document(mailbox: tuple[str, int]) -> str:
    """Return the document of the demonstration's second tenant."""
    host, port = mailbox
    return _SECOND_DOCUMENT % {"host": host, "port": port}


def write_dns(home: Home) -> str:
    """Write the demonstration's DNS into ``home``; return the file's path."""
    path = home.folder / "demo-dns.json"
    path.write_text(json.dumps(_DNS, indent=1), encoding="utf-8")
    return str(path)


def demo_mails(now: datetime) -> tuple[DemoMail, ...]:
    """Return the handful of messages; ``now`` goes into their Date fields."""
    return (
        _clean(now),
        _newsletter(now),
        _spam(now),
        _malware(now),
        _unknown_recipient(now),
        _oversize(now),
    )


def _message(sender: str, recipient: str, subject: str, text: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message.set_content(text)
    return message


def _clean(now: datetime) -> DemoMail:
    text = (
        "Hello Alice,\n\nthe minutes of Tuesday's meeting are below; please tell me by Friday if I"
        " left something out.\n\n- The new scales arrive in week 12.\n- Bob asks the mill for two quotes.\n\n"
        "Kind regards\nAnn\n"
    )
    message = _message("Ann Baker <ann@partner.example>", f"alice@{DOMAIN}", "Minutes of Tuesday", text, now)
    return DemoMail(
        title="a clean letter",
        sender="ann@partner.example",
        recipient=f"alice@{DOMAIN}",
        octets=message.as_bytes(),
        expect="delivered",
    )


def _newsletter(now: datetime) -> DemoMail:
    text = (
        "This month at the shop: tea from three gardens, and free delivery until Sunday.\n\n"
        "Read it online: https://shop.example/news/11\n\n"
        "You get this because you subscribed at shop.example.\n"
        "Unsubscribe: https://shop.example/unsubscribe\n"
    )
    message = _message("Shop News <news@shop.example>", f"bob@{DOMAIN}", "Our news in November", text, now)
    message["List-Id"] = "Shop News <news.shop.example>"
    message["List-Unsubscribe"] = "<https://shop.example/unsubscribe>"
    message["Precedence"] = "bulk"
    return DemoMail(
        title="a newsletter",
        sender="bounce@shop.example",
        recipient=f"bob@{DOMAIN}",
        octets=message.as_bytes(),
        expect="quarantined, known as bulk mail",
    )


def _spam(now: datetime) -> DemoMail:
    text = (
        "Dear Beneficiary,\n\nYou have WON the sum of $2,500,000.00 USD in the international lottery"
        " promotion. To claim your prize contact our fiduciary agent with your full name, address,"
        " telephone number and bank account details. This is 100% risk free, act now!!!\n\n"
        "Barrister John Williams\n"
    )
    message = _message(
        "CLAIMS DEPT <winner@quick-prize.example>", f"bob@{DOMAIN}", "CONGRATULATIONS!!! YOU WON", text, now
    )
    message["Reply-To"] = "barrister.williams@freemail.example"
    return DemoMail(
        title="a lottery spam",
        sender="winner@quick-prize.example",
        recipient=f"bob@{DOMAIN}",
        octets=message.as_bytes(),
        expect="quarantined",
    )


def _malware(now: datetime) -> DemoMail:
    # The industry's harmless test file; in two halves so that no scanner takes this source for it.
    test_file = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    message = _message(
        "Ann Baker <ann@partner.example>",
        f"alice@{DOMAIN}",
        "The invoice you asked for",
        "See attached.\n",
        now,
    )
    message.add_attachment(
        test_file.encode(), maintype="application", subtype="octet-stream", filename="invoice.com"
    )
    return DemoMail(
        title="the EICAR test file as an attachment",
        sender="ann@partner.example",
        recipient=f"alice@{DOMAIN}",
        octets=message.as_bytes(),
        expect="quarantined",
    )


def _unknown_recipient(now: datetime) -> DemoMail:
    message = _message(
        "Ann Baker <ann@partner.example>", f"nobody@{DOMAIN}", "Are you there?", "Hello?\n", now
    )
    return DemoMail(
        title="a letter to an address that does not exist",
        sender="ann@partner.example",
        recipient=f"nobody@{DOMAIN}",
        octets=message.as_bytes(),
        expect="refused: invalid recipient",
    )


def _oversize(now: datetime) -> DemoMail:
    message = _message(
        "Ann Baker <ann@partner.example>", f"bob@{DOMAIN}", "All my photographs", "Enjoy.\n", now
    )
    line = b"photograph " * 6 + b"\r\n"
    octets = message.as_bytes() + line * (OVERSIZE // len(line))
    return DemoMail(
        title="a letter of 51 MB where 50 MB are allowed",
        sender="ann@partner.example",
        recipient=f"bob@{DOMAIN}",
        octets=octets,
        expect="refused: too large",
    )


def demo_time() -> datetime:
    """Return now, in UTC, for Date fields."""
    return datetime.now(UTC)
