"""What a look finds by an indicator is found in delivered mail when the indicator comes late, nothing else.

Letters and entries are drawn at random for each kind of indicator: what a letter has, what is above it or
nearly it, in other spellings, at the ends of long lists.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID, uuid4

import pytest

from lazaretto.core.envelope import Client, Direction
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Facts
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import Indicator, IndicatorAction, IndicatorKind
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.json_text import json_text
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.detect.malware.indicators import Indicators
from lazaretto.detect.malware.traits import traits_of
from lazaretto.intelligence.indicator_values import normal
from lazaretto.journal.late_matching import BadTrait, LateMatcher
from lazaretto.journal.stories import FeatureStory, signed_digests
from lazaretto.journal.tables import FEATURE, MESSAGE, RECIPIENT
from lazaretto.mail.scanner import view_of
from tests.integration.conftest import Databases
from tests.unit.detect.malware.containers import a_letter, a_zip

pytestmark = pytest.mark.integration

NOW: Final = datetime.now(UTC)
TENANT: Final = 1
LETTERS, ENTRIES = 30, 120
RECIPIENTS: Final = frozenset({IndicatorKind.RECIPIENT_DOMAIN, IndicatorKind.RECIPIENT_ADDRESS})
WORDS: Final = (
    "rechnung", "Überweisung", "Großauftrag", "ΣΊΣΥΦΟΣ", "ﬁles", "invoice", "４７１１", "a.b", "x*y", "Ĳssel",
)  # fmt: skip
HOSTS: Final = ("evil.example", "www.evil.example", "a.b.evil.example", "bücher.example", "192.0.2.9")
STEPS: Final = ("kit", "Kit", "a", "login.php", "%7Euser", "x.y")
DOMAINS: Final = ("partner.example", "mail.partner.example", "sub.Mail.partner.example", "other.test")
LOCALS: Final = ("ann", "Ann.B", "o'neil", "büro")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it came."""

    octets: bytes
    facts: Facts
    id: UUID


def a_letter_of(chance: Random, number: int) -> Letter:
    """Return a letter with few or many files and addresses, whose interesting ones may stand last."""
    files = {name(chance): payload(chance) for _ in range(chance.randrange(3))}
    if number % 5 == 0:
        members = {f"{each}.txt": b"%d" % each for each in range(chance.choice((50, 400)))}
        files["pack.zip"] = a_zip({**members, name(chance): payload(chance)})
    links = [link(chance) for _ in range(chance.randrange(4))]
    if number % 7 == 0:
        links = [f"https://h{each}.filler.example/p/{each}" for each in range(300)] + links
    subject = " ".join(chance.choice(WORDS) for _ in range(chance.choice((1, 3, 60))))
    octets = a_letter(files, "\n".join(("See", *links)), unicodedata.normalize("NFC", subject))
    octets = octets.replace(b"ann@partner.example", address(chance).encode("ascii", "ignore"), 1)
    facts = Facts(
        received_at=NOW,
        client=Client(ip=f"192.0.2.{chance.randrange(6)}"),
        reverse_path=chance.choice(("", address(chance))),
        recipients=("bob@customer.example",),
    )
    return Letter(octets, facts, uuid4())


def name(chance: Random) -> str:
    return f"{chance.choice(WORDS)} {chance.choice(WORDS)}{chance.choice(('.pdf', '.PDF.exe', '.', ''))}"


def payload(chance: Random) -> bytes:
    return b"payload %d" % chance.randrange(8)


def link(chance: Random) -> str:
    steps = "/".join(chance.choice(STEPS) for _ in range(chance.randrange(12)))
    scheme, end = chance.choice(("http", "https")), chance.choice(("", "?x=1", "#top", "/"))
    return f"{scheme}://{chance.choice(HOSTS)}/{steps}{end}"


def address(chance: Random) -> str:
    return f"{chance.choice(LOCALS)}@{chance.choice(DOMAINS)}"


def a_pattern(chance: Random, text: str) -> str:
    """Return ``text``, or part of it between stars, in this form of letters or another."""
    begin, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
    form = chance.choice(("NFC", "NFD"))
    value = chance.choice((text, f"{text[:begin]}*{text[end:]}", f"*{text[begin:end]}*", f"{text[:end]}*"))
    return unicodedata.normalize(form, chance.choice((value, value.upper(), value.lower())))


def _subject(chance: Random) -> str:
    return a_pattern(chance, " ".join(chance.choice(WORDS) for _ in range(chance.choice((1, 2)))))


def _domain(chance: Random) -> str:
    domain = chance.choice(DOMAINS)
    return domain.partition(".")[2] if chance.random() < 0.3 else domain


def _url(chance: Random) -> str:
    host = chance.choice((*HOSTS, "filler.example", f"h{chance.randrange(300)}.filler.example"))
    steps = "/".join(chance.choice(STEPS) for _ in range(chance.choice((0, 0, 1, 1, 2, 9))))
    return f"{host}/{steps}{chance.choice(('', '?x=1', '/*'))}"


VALUES: Final[dict[IndicatorKind, Callable[[Random], str]]] = {
    IndicatorKind.ATTACHMENT_NAME: lambda chance: a_pattern(chance, name(chance)),
    IndicatorKind.ATTACHMENT_MD5: lambda c: hashlib.md5(payload(c), usedforsecurity=False).hexdigest(),
    IndicatorKind.ATTACHMENT_SHA256: lambda chance: hashlib.sha256(payload(chance)).hexdigest(),
    IndicatorKind.AUTHOR_DOMAIN: _domain,
    IndicatorKind.AUTHOR_ADDRESS: address,
    IndicatorKind.AUTHOR_TOP_LEVEL: lambda chance: chance.choice(("example", "test", "com")),
    IndicatorKind.SENDER_DOMAIN: _domain,
    IndicatorKind.SENDER_ADDRESS: address,
    IndicatorKind.SENDER_TOP_LEVEL: lambda chance: chance.choice(("example", "test", "com")),
    IndicatorKind.CLIENT_ADDRESS: lambda chance: f"192.0.2.{chance.randrange(8)}",
    IndicatorKind.CLIENT_NETWORK: lambda c: f"192.0.2.{c.randrange(8)}/{c.choice((24, 29, 30, 31, 32))}",
    IndicatorKind.SUBJECT: _subject,
    IndicatorKind.URL: _url,
}


def entries_of(kind: IndicatorKind, chance: Random) -> Iterator[Indicator]:
    for number in range(ENTRIES):
        try:
            value = normal(kind, VALUES[kind](chance))
        except ConfigurationError:
            continue
        yield Indicator(
            id=number,
            kind=kind,
            value=value,
            action=IndicatorAction.BLOCK,
            directions=(Direction.INBOUND, Direction.OUTBOUND),
            expires_at=NOW + timedelta(days=7),
        )


def found_live(letter: Letter, entries: list[Indicator]) -> set[int]:
    """Return the entries that a look finds; each by itself, as one look tells of twenty."""
    view, found = view_of(letter.octets), set()
    for entry in entries:
        tenant = TenantSnapshot(
            tenant=TenantId(TENANT),
            name="acme",
            version=1,
            domains={"customer.example": ()},
            indicators=(entry,),
        )
        if Indicators().look(view, letter.facts, tenant):
            found.add(entry.id)
    return found


@pytest.fixture
async def trace(databases: Databases) -> AsyncIterator[Pool]:
    pool = Pool(databases.trace, 2)
    for table in (FEATURE, MESSAGE, RECIPIENT):
        async with pool.transaction() as connection:
            await ensure(connection, table, [Span.DAY.start_of(NOW)])
            await connection.execute(f"TRUNCATE {table.table}")  # type: ignore[arg-type]
    yield pool
    await pool.close()


async def keep(trace: Pool, letter: Letter) -> None:
    """Have ``letter`` in the trace as something that somebody has."""
    view = view_of(letter.octets)
    kept = traits_of(view, letter.facts).kept()
    key = (NOW, TENANT, letter.id)
    story = FeatureStory(*key, signed_digests(kept.digests), kept.names, kept.subject)
    async with trace.transaction() as connection:
        await connection.execute(
            query("lazaretto.journal", "add_features"), {"features": json_text([story]).decode()}
        )
        await connection.execute(
            "INSERT INTO trace_message (received_at, tenant, message, direction, client_ip)"
            " VALUES (%s, %s, %s, 'inbound', %s)",
            (*key, letter.facts.client.ip),
        )
        await connection.execute(
            "INSERT INTO trace_recipient (received_at, tenant, message, address, folded, domain, place)"
            " VALUES (%s, %s, %s, 'bob@customer.example', 'bob@customer.example', 'customer.example',"
            " 'delivered')",
            key,
        )


def test_recipients_alone_are_not_matched_late() -> None:
    """Who got what is a question to the trace, and no news about the mail."""
    assert set(IndicatorKind) - set(VALUES) == RECIPIENTS


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.value)
async def test_what_is_found_live_is_found_late_and_nothing_else(
    trace: Pool, kind: IndicatorKind, seed: int
) -> None:
    chance = Random(f"{kind.value} {seed}")
    letters = [a_letter_of(chance, number) for number in range(LETTERS)]
    entries = list(entries_of(kind, chance))
    for letter in letters:
        await keep(trace, letter)

    matches = await LateMatcher(trace).matches(
        [BadTrait(kind, each.value, str(each.id), TENANT) for each in entries], NOW - timedelta(days=30)
    )

    live = {(letter.id, number) for letter in letters for number in found_live(letter, entries)}
    # One entry stands for all of the same value.
    first = {each.id: next(e.id for e in entries if e.value == each.value) for each in entries}
    assert live
    assert {(match.message, first[int(match.trait.cause)]) for match in matches} == {
        (message, first[number]) for message, number in live
    }
