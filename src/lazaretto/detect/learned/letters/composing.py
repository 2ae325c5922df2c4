"""Makes messages from letters: every letter many times, with other names, sums, hosts and forms.

Wanted letters and lures take their form from the same few patterns by the same dice, so that only
the words and what truly differs (whose link it is, whose address) can be learned from them.
"""

from __future__ import annotations

import base64
import html
import quopri
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

_SEED: Final = 4051
_HEAD = re.compile(r"== (?P<language>\w\w) (?P<kind>\w+) \| (?P<subject>[^|]+) \| (?P<sender>.+)")
_BUTTON = re.compile(r"\[([^\]\n]{1,60})\]")
_PRIVATE: Final = frozenset(
    [
        "personal",
        "business",
        "bec",
        "chef",
        "job",
        "seo",
        "leads",
        "b2b",
        "hr",
        "it",
        "dunning",
        "order",
        "ship",
        "legal",
        "club",
        "church",
        "academic",
        "recruiter",
        "estate",
        "cv",
        "grant",
        "compens",
        "widow",
        "officer",
        "soldier",
        "romance",
        "funding",
        "factory",
        "list",
        "web",
        "post",
        "rib",
        "press",
    ]
)

_OFFICES: Final = frozenset(["hr", "it", "dunning", "order", "ship", "legal", "web", "press", "academic"])
"""Of these, kinds whose wanted letters come from a company's own address."""

_FILLINGS: Final[dict[str, str]] = {
    "name": "Anna|Tom|Julie|Pieter|Sabine|Mark|Elena|Lucas|Sofie|Hannah|David|Nadia|Femke|Jonas",
    "person": "Marie Lambert|Kees de Wit|Thomas Berger|Olivia Hart|Jan Peeters|Claire Morel|Paul Weber",
    "company": "Northfield Ltd|Bakker BV|Delorme SARL|Hansen GmbH|Brightwater Inc|Verhoeven NV|Lindner AG",
    "shop": "Green Basket|Maison Bleue|Kleurrijk|Buchladen am Markt|Corner Books|Velo Plus|Homely",
    "service": "Taskboard|Notely|CloudDesk|Planwise|Codeyard|Sharebox|Meetly",
    "bank": "Riverside Bank|Banque du Parc|Noordbank|Sparhaus|First Harbour Bank",
    "airline": "Bluewing|Air Meridian|Nordfly|Railways West",
    "hotel": "Hotel Central|Pension Linde|Harbour Inn|Hotel du Lac",
    "city": "Ghent|Lyon|Utrecht|Hamburg|Leeds|Liège|Cologne|Antwerp|Bristol|Lille",
    "product": "garden chairs|running shoes|coffee maker|wool scarf|desk lamp|headphones|raincoat",
    "date": "3 March|12/05|2 juin|14.10.|9 November|Monday|donderdag|21 août",
    "time": "09:30|14:00|16h15|10.45|18:30",
    "amount": "€ 49.90|$129.00|1.250,00 EUR|£35.50|€ 4,500|$2,300.75|89,99 €",
    "domain": "customer.example|firm.example|school.example",
    "address": "info@customer.example|anna@firm.example|office@school.example",
}
_OWN_HOSTS: Final = (
    "northfield.com",
    "bakker-bv.nl",
    "delorme.fr",
    "hansen-gmbh.de",
    "brightwater.io",
    "greenbasket.be",
    "notely.app",
)
_STRANGE_HOSTS: Final = (
    "secure-login.web.app",
    "storage-view.pages.dev",
    "clients-help.online",
    "track-id.top",
    "mail-desk.xyz",
    "forms.site123.me",
    "cdn.weebly.com",
    "bit.ly",
    "update-center.info",
    "cpanel.marbella-tours.com.br",
    "wp.kidscorner.in",
    "docs-share.click",
)
_FREE_HOSTS: Final = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "gmx.de", "orange.fr")
_SENDING_HOSTS: Final = (
    "click.mailer.net",
    "links.sendhost.net",
    "t.campaigns.org",
    "u1.ct.sendgrid.net",
    "x.list-manage.com",
    "track.hubspotlinks.com",
)
"""Hosts through which services of mass mail count clicks, wanted or not."""
_MASS: Final = frozenset(
    [
        "promo",
        "event",
        "alerts",
        "news",
        "saas",
        "social",
        "charity",
        "politics",
        "survey",
        "digest",
        "health",
    ]
)
_ZONES: Final = ("+0000", "+0100", "+0200", "-0500", "-0700", "+0000", "+0100", "+0800")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter with its blanks."""

    family: str
    language: str
    kind: str
    subject: str
    sender: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message made from a letter."""

    family: str
    octets: bytes


def letters(name: str) -> tuple[Letter, ...]:
    """Return the letters of the file ``name``: ``wanted`` or ``lures``."""
    path = resources.files("lazaretto.detect.learned.letters").joinpath(f"{name}.txt")
    blocks = re.split(r"^(?=== )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return tuple(_letter(f"{name}-{index}", block) for index, block in enumerate(blocks))


def composed(name: str, copies: int) -> Iterator[Composed]:
    """Yield every letter of the file ``name`` filled in ``copies`` times; always the same ones."""
    for letter in letters(name):
        dice = random.Random(f"{_SEED} {letter.family}")  # noqa: S311 - repeatable on purpose
        for _ in range(copies):
            yield Composed(family=letter.family, octets=_message(letter, name == "lures", dice))


def wrapped(family: str, source: str, number: int) -> Composed:
    """Return the HTML document ``source`` as a newsletter or notice from a company."""
    dice = random.Random(f"{_SEED} {family} {number}")  # noqa: S311 - repeatable on purpose
    title = re.search(r"<title>([^<]{3,100})", source, re.IGNORECASE)
    subject = " ".join(html.unescape(title[1]).split()) if title else "Your weekly update"
    host = dice.choice(_OWN_HOSTS)
    head = _head(subject, "News desk", f"news@mail.{host}", dice)
    return Composed(family=family, octets=head + _part("text/html", source, dice))


def _letter(family: str, block: str) -> Letter:
    first, _, body = block.partition("\n")
    match = _HEAD.match(first)
    assert match is not None, first
    return Letter(family=family, body=body.strip(), **match.groupdict())


def _message(letter: Letter, is_lure: bool, dice: random.Random) -> bytes:
    fillings = {name: dice.choice(values.split("|")) for name, values in _FILLINGS.items()}
    fillings |= {
        "number": f"{dice.choice('ABRX')}{dice.randrange(10**5, 10**8)}",
        "digits": str(dice.randrange(10**3, 10**6)),
        "count": str(dice.randrange(2, 20)),
    }
    subject, sender, body = (text.format(**fillings) for text in (letter.subject, letter.sender, letter.body))
    private = letter.kind in _PRIVATE
    address = _address(sender, private, is_lure, letter.kind in _OFFICES and not is_lure, dice)
    own = address.partition("@")[2]
    link_host = dice.choice(_STRANGE_HOSTS) if is_lure and dice.random() < 0.9 else f"www.{own}"
    is_mass = dice.random() < (0.8 if letter.kind in _MASS else 0.25 if is_lure and not private else 0.02)
    if is_mass and dice.random() < 0.4:
        link_host = dice.choice(_SENDING_HOSTS)
    link = f"https://{link_host}/{dice.choice(['', 'a/', 'go/', 'en/account/'])}{dice.randrange(10**6)}"
    head = _head(subject, sender, address, dice) + (_mass_fields(own, dice) if is_mass else b"")
    return head + _body(body, link, private, dice)


def _mass_fields(host: str, dice: random.Random) -> bytes:
    number = dice.randrange(10**9)
    fields = [f"List-Unsubscribe: <https://{host}/out/{number}>, <mailto:out-{number}@{host}>"]
    if dice.random() < 0.5:
        fields.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    if dice.random() < 0.3:
        fields.append("Precedence: bulk")
    if dice.random() < 0.5:
        fields.append(f"Feedback-ID: {number}:{dice.randrange(10**5)}:mass")
    return "".join(f"{field}\r\n" for field in fields).encode()


def _address(sender: str, private: bool, is_lure: bool, is_office: bool, dice: random.Random) -> str:
    local = re.sub(r"[^a-z]+", ".", sender.lower()).strip(".")[:20] or "info"
    if private and not is_office and dice.random() < 0.5:
        return f"{local}{dice.choice(['', '1', '84'])}@{dice.choice(_FREE_HOSTS)}"
    if is_lure and dice.random() < 0.5:
        return f"{dice.choice(['info', 'admin', 'support', 'noreply'])}@{dice.choice(_STRANGE_HOSTS)}"
    if private:
        return f"{local}@{dice.choice(_OWN_HOSTS)}"
    return f"{dice.choice(['noreply', 'info', 'service', 'hello', 'support'])}@{dice.choice(_OWN_HOSTS)}"


def _head(subject: str, sender: str, address: str, dice: random.Random) -> bytes:
    host = address.partition("@")[2]
    at = host if dice.random() < 0.6 else dice.choice(["mta.sendhost.net", "smtp.mailpath.com", "localhost"])
    forms = (
        f"{dice.getrandbits(64):x}.{dice.getrandbits(32)}",
        f"{dice.getrandbits(128):032X}",
        f"{dice.getrandbits(90)}",
    )
    day = f"{dice.randrange(1, 28)} {dice.choice(['Jan', 'May', 'Aug'])} {dice.choice([2024, 2025, 2026])}"
    fields = [
        f"From: {_phrase(sender)} <{address}>",
        "To: <anna@customer.example>",
        f"Subject: {_encoded(subject)}",
        f"Date: {day} 10:{dice.randrange(10, 59)}:07 {dice.choice(_ZONES)}",
        f"Message-ID: <{dice.choice(forms)}@{at}>",
        "MIME-Version: 1.0",
    ]
    return "".join(f"{field}\r\n" for field in fields).encode()


def _body(text: str, link: str, private: bool, dice: random.Random) -> bytes:
    plain = _BUTTON.sub(lambda found: f"{found[1]}: {link}", text)
    form = dice.choice(["plain", "plain", "both", "html"] if private else ["plain", "both", "html", "html"])
    if form == "plain":
        return _part("text/plain", plain, dice)
    page = _page(text, link, dice)
    if form == "html":
        return _part("text/html", page, dice)
    mark = f"=_{dice.getrandbits(60):x}"
    parts = _part("text/plain", plain, dice), _part("text/html", page, dice)
    inner = b"".join(b"--" + mark.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    head = f'Content-Type: multipart/alternative; boundary="{mark}"\r\n\r\n'.encode()
    return head + inner + f"--{mark}--\r\n".encode()


def _page(text: str, link: str, dice: random.Random) -> str:
    button = f'<a href="{link}" style="padding:10px;background:#06c;color:#fff">\\1</a>'
    lines = _BUTTON.sub(button, html.escape(text)).split("\n")
    logo = f'<img src="{link}/logo.png" alt="logo">' if dice.random() < 0.5 else ""
    if dice.random() < 0.5:
        return f"<html><body>{logo}{''.join(f'<p>{line}</p>' for line in lines)}</body></html>"
    rows = "".join(f'<tr><td style="padding:12px">{line}</td></tr>' for line in lines)
    style = "<style>td{font-family:Arial}</style>" if dice.random() < 0.5 else ""
    return (
        f"<html><head>{style}</head><body><table><tr><td>{logo}</td></tr><tr><td><table>{rows}</table>"
        "</td></tr></table></body></html>"
    )


def _part(kind: str, text: str, dice: random.Random) -> bytes:
    octets = text.replace("\r\n", "\n").encode()
    if dice.random() < 0.5:
        encoding, coded = "quoted-printable", quopri.encodestring(octets)
    else:
        encoding, coded = "base64", base64.encodebytes(octets)
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + coded.replace(b"\n", b"\r\n")


def _phrase(text: str) -> str:
    return f'"{text}"' if text.isascii() else _encoded(text)


def _encoded(text: str) -> str:
    if text.isascii():
        return text
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="
