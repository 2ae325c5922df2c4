"""Other implementations as oracles on real mail: every disagreement is printed, with its reason if known.

    python -m tests.load.oracles FOLDER [SAMPLE]

FOLDER holds the shared corpora.  Nobody has the keys and records of that time any more, so real mail is
signed anew with a key of ours and verified by both, in both directions, and real clients and senders are
checked by both under records that are made for them.  For DMARC that is the search for the policy of every
author's domain, which ``checkdmarc`` does by RFC 9989, too.

What stays is known, and told by ``Reason``.  One is not asked for: to ``checkdmarc`` a record at a top-level
domain that does not say ``psd=y`` binds everybody below it (the name of fewest labels, RFC 9989
§4.10.2); here it binds nobody.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import hashlib
import ipaddress
import re
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import checkdmarc.dmarc
import dkim
import dns.exception
import dns.resolver
import spf as pyspf
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Spf
from lazaretto.detect.authentication.author import Author, author_of, plain_domain
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import verify_all
from lazaretto.detect.authentication.dmarc import evaluate
from lazaretto.detect.authentication.fields import RawMessage, fields_of, with_crlf
from lazaretto.detect.authentication.signing import SigningKey, dkim_field, public_record
from lazaretto.detect.authentication.spf import check_host

LEVELS = (
    "v=DMARC1; p=reject; sp=quarantine; adkim=s",
    "v=DMARC1; p=quarantine",
    "v=DMARC1; p=none; sp=reject; aspf=s",
)
REFUSED_WHOLE = "Unexpected characters in RFC822 header"
DOMAIN, SELECTOR = "signer.example", "s1"
FORMS = ((b"relaxed", b"relaxed"), (b"simple", b"simple"), (b"relaxed", b"simple"), (b"simple", b"relaxed"))
POLICIES = (
    "v=spf1 ip4:{ip4}/24 -all",
    "v=spf1 a mx ~all",
    "v=spf1 include:inc.{domain} ?all",
    "v=spf1 exists:%{{ir}}.list.example -all",
    "v=spf1 redirect=_r.{domain}",
    "v=spf1 ptr -all",
    "v=spf1 ip6:2001:db8::/32 a:%{{d2}} -all",
    "v=spf1 ip4:{ip4}/33 -all",
    "v=spf1 -all v=spf1",
)


class Reason(Enum):
    """Why the two differ, where that is known and ours stays as it is."""

    NO_FIELD = "a line of the header is no field: dkimpy verifies no such mail, here the line is passed over"
    SPACE_BEFORE_COLON = (
        "a second field is called `From  :`; white space before the colon is no part of the name (RFC 5322 "
        "§4.5, RFC 6376 §3.4.2), dkimpy takes the line for a mailbox's separator. Several From fields never "
        "pass DMARC here"
    )
    NO_DOMAIN = (
        "what stands behind the @ is no domain of several labels: SPF says none (RFC 7208 §4.3), pyspf asks"
    )


@dataclass
class Agreement:
    """What was compared, and where the two differ."""

    compared: dict[str, int] = field(default_factory=dict)
    differ: list[str] = field(default_factory=list)
    """Those without a known reason."""
    explained: list[tuple[Reason, str]] = field(default_factory=list)

    def note(self, what: str, who: str, ours: object, theirs: object, why: Reason | None = None) -> None:
        """Take down what the two say; ``why`` is the reason if they differ."""
        self.compared[what] = self.compared.get(what, 0) + 1
        if ours != theirs:
            line = f"{what} {who}: ours {ours}, theirs {theirs}"
            if why is None:
                self.differ.append(line)
            else:
                self.explained.append((why, line))


def mails(folder: Path, sample: int | None) -> Iterator[tuple[str, bytes]]:
    """Yield real mail by name; a sample takes as many of each set."""
    sets = sorted((folder / "mail").glob("*.tar.xz"))
    for archive in sets:
        with tarfile.open(archive) as packed:
            taken = 0
            for member in packed:
                if sample is not None and taken >= -(-sample // len(sets)):
                    break
                if member.isfile() and member.name.endswith(".eml"):
                    taken += 1
                    yield f"{archive.name.partition('.')[0]}/{member.name}", packed.extractfile(member).read()  # type: ignore[union-attr]


def compare_signatures(folder: Path, sample: int | None, found: Agreement) -> None:
    """Sign each mail with one and verify it with the other, both ways."""
    # A short key: what is compared is forms and fields, and dkimpy computes in Python.
    private = rsa.generate_private_key(65537, 1024)
    key = SigningKey(domain=DOMAIN, selector=SELECTOR, private=private)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    record = public_record(private)
    answer = DnsAnswer(DnsStatus.ANSWER, (record,))
    now = datetime.now(UTC)
    for number, (name, octets) in enumerate(mails(folder, sample)):
        plain = with_crlf(octets)
        try:
            theirs = dkim.sign(
                plain, SELECTOR.encode(), DOMAIN.encode(), pem, canonicalize=FORMS[number % 4], length=False
            )
        except dkim.DKIMException as failure:
            found.note("dkimpy signs", name, f"cannot sign: {failure}", f"cannot sign: {failure}")
        else:
            message = RawMessage(theirs + plain)
            first = verify_all(message, lambda _: answer, now, BodyDigests(message))[0]
            found.note("their signature", name, _words(first.result, first.problem), "pass", _known(plain))
        message = RawMessage(plain)
        signed = dkim_field(message, BodyDigests(message), key, now).raw + plain
        try:
            verified = dkim.verify(signed, dnsfunc=lambda *_, **__: record.encode())
        except dkim.DKIMException as failure:
            verified = str(failure)
        no_field = isinstance(verified, str) and verified.startswith(REFUSED_WHOLE)
        found.note("our signature", name, True, verified, Reason.NO_FIELD if no_field else _known(plain))


def _known(message: bytes) -> Reason | None:
    header = message.partition(b"\r\n\r\n")[0]
    return Reason.SPACE_BEFORE_COLON if re.search(rb"^From[ \t]+:", header, re.MULTILINE) else None


def _words(result: AuthResult, problem: str) -> str:
    return f"{result.value} {problem}".strip() if result is not AuthResult.PASS else "pass"


def compare_senders(folder: Path, sample: int | None, found: Agreement) -> None:
    """Check real clients and senders with both, under records made for them."""
    with gzip.open(folder / "mail" / "labels.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["client_ip"] and "@" in row["mail_from"]]
    if sample is not None:
        rows = rows[:: max(1, len(rows) // sample)]
    for number, row in enumerate(rows):
        domain = row["mail_from"].rpartition("@")[2].lower()
        if not domain.isascii() or not _is_ip(row["client_ip"]):
            continue
        zone = _zone(domain, row["client_ip"], number)
        ours = asyncio.run(
            check_host(
                ip=row["client_ip"], reverse_path=row["mail_from"], helo=row["helo"], resolver=_Answers(zone)
            )
        )
        pyspf.DNSLookup = _lookup(zone)
        query = pyspf.query(
            i=row["client_ip"], s=row["mail_from"], h=row["helo"] or "helo.example", strict=True
        )
        is_none = not plain_domain(domain) and ours.result is AuthResult.NONE
        found.note(
            f"spf {number % len(POLICIES)}",
            f"{row['set']}/{row['id']} ({domain})",
            ours.result.value,
            query.check()[0],
            Reason.NO_DOMAIN if is_none else None,
        )


def compare_policies(folder: Path, sample: int | None, found: Agreement) -> None:
    """Ask both for the DMARC policy of each real author's domain, under records made for it."""
    with gzip.open(folder / "mail" / "labels.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        senders = {row["mail_from"].rpartition("@")[2].lower() for row in csv.DictReader(lines)}
    for _, octets in mails(folder, sample):
        senders |= set(author_of(fields_of(with_crlf(octets)[:65_536])).candidates)
    plain = sorted(each for each in senders if each.isascii() and "." in each and plain_domain(each) == each)
    for number, domain in enumerate(plain):
        records = _dmarc_zone(domain, number)
        answers = {
            f"TXT {name}": DnsAnswer(DnsStatus.ANSWER, tuple(texts), 60) for name, texts in records.items()
        }
        told = evaluate(Author(domain=domain, candidates=(domain,)), Spf(), (), answers)
        ours = f"{told.policy} at {told.policy_domain}" if told.policy else "none"
        found.note(f"dmarc {number % 8}", domain, ours, _their_policy(domain, records))


def _dmarc_zone(domain: str, number: int) -> dict[str, list[str]]:
    """Return records at some of the names that a search from ``domain`` passes, in eight ways."""
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels))]
    own, middle, top = above[0], above[min(1, len(above) - 2)], above[-2]
    first, second, third = LEVELS[number % 3], LEVELS[(number + 1) % 3], LEVELS[(number + 2) % 3]
    zone = (
        {own: [first]},
        {top: [first]},
        {top: [second], middle: [third], own: [first]},
        {top: [f"{first}; psd=n"], above[-1]: [second]},
        {above[-1]: [f"{first}; psd=y"], top: [third]},
        {above[-1]: [f"{first}; psd=y"]},
        {middle: [first], own: ["v=spf1 -all"]},
        {own: ["v=spf1 -all", "v=DMARC1;p=reject;sp=none"]},
    )[number % 8]
    return {f"_dmarc.{name}": texts for name, texts in zone.items()}


def _their_policy(domain: str, records: dict[str, list[str]]) -> str:
    def query_dns(name: str, kind: str, **_: object) -> list[str]:
        if kind.upper() == "TXT" and name in records:
            return list(records[name])
        raise dns.resolver.NoAnswer if not name.startswith("_dmarc.") else dns.resolver.NXDOMAIN

    checkdmarc.dmarc.query_dns = query_dns
    try:
        found = checkdmarc.dmarc.query_dmarc_record(domain, ignore_unrelated_records=True)
        tags = checkdmarc.dmarc.parse_dmarc_record(found["record"], found["location"])["tags"]
    except checkdmarc.dmarc.DMARCError:
        return "none"
    is_own = found["location"] == domain
    return f"{tags['p' if is_own else 'sp']['value']} at {found['location']}"


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _zone(domain: str, ip: str, number: int) -> dict[tuple[str, str], list[str]]:
    address = ipaddress.ip_address(ip)
    ip4 = ip if address.version == 4 else "192.0.2.1"
    kind = "A" if address.version == 4 else "AAAA"
    policy = POLICIES[number % len(POLICIES)].format(ip4=ip4, domain=domain)
    even = int(hashlib.sha256(ip.encode()).hexdigest(), 16) % 2 == 0
    zone = {
        (domain, "TXT"): [policy],
        (f"inc.{domain}", "TXT"): ["v=spf1 mx:host.example -all" if even else "v=spf1 -all"],
        (f"_r.{domain}", "TXT"): [f"v=spf1 a:host.example ip4:{ip4} -all"],
        ("host.example", "MX"): ["10 mx.host.example"],
        ("mx.host.example", kind): [ip],
        (domain, "MX"): ["10 mx.host.example"],
    }
    if even:
        zone[domain, kind] = [ip]
        reverse = ".".join(reversed(ip4.split(".")))
        zone[f"{reverse}.list.example", "A"] = ["127.0.0.2"]
    return zone


class _Answers:
    def __init__(self, zone: dict[tuple[str, str], list[str]]) -> None:
        self._zone = zone

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        records = self._zone.get((name.lower().rstrip("."), kind))
        if records is None:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        return DnsAnswer(DnsStatus.ANSWER, tuple(records), 60)


def _lookup(zone):  # type: ignore[no-untyped-def]
    def look(name, kind, *_, **__):  # type: ignore[no-untyped-def]
        records = zone.get((name.lower().rstrip("."), kind), ())
        if kind == "MX":
            return [((name, kind), (int(r.split()[0]), r.split()[1])) for r in records]
        if kind == "TXT":
            return [((name, kind), (r.encode(),)) for r in records]
        return [((name, kind), r) for r in records]

    return look


def compare(folder: Path, sample: int | None) -> Agreement:
    """Return how far the implementations agree on all mail of ``folder``, or on a sample of it."""
    found = Agreement()
    compare_signatures(folder, sample, found)
    compare_senders(folder, sample, found)
    compare_policies(folder, sample, found)
    return found


def main() -> None:
    """Print what was compared and where the two differ."""
    folder = Path(sys.argv[1])
    sample = int(sys.argv[2]) if len(sys.argv) > 2 else None
    began = time.process_time()
    found = compare(folder, sample)
    for what, number in sorted(found.compared.items()):
        print(f"{what}: {number} compared")
    seconds = time.process_time() - began
    print(
        f"{len(found.differ)} disagreements, {len(found.explained)} more with reasons, {seconds:.0f} s of CPU"
    )
    for line in found.differ[:500]:
        print(line)
    for why in Reason:
        told = [line for each, line in found.explained if each is why]
        print(f"{len(told)} because {why.value}", *told[:50], sep="\n  ")


if __name__ == "__main__":
    main()
