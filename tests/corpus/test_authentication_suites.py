"""The public suites of SPF, DKIM and ARC pass; each case that does not is listed with its reason."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dkim
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim.canonicalization import CanonicalizationPolicy

from lazaretto.core.envelope import Client, Envelope
from lazaretto.core.facts import AuthResult, Dkim, DnsAnswer, DnsStatus, Facts
from lazaretto.detect.authentication.arc import validate
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import (
    STRICT,
    SignatureRules,
    parse_signature,
    signature_fields,
    verify_all,
)
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.authentication.fields import RawMessage
from lazaretto.detect.authentication.gathering import gather
from lazaretto.detect.authentication.sealing import arc_set, results_of_ours
from lazaretto.detect.authentication.signature import Coverage
from lazaretto.detect.authentication.signing import SigningKey
from lazaretto.detect.authentication.spf import check_host
from lazaretto.detect.authentication.tags import TagError
from lazaretto.mail.scanner import view_of
from lazaretto.protocol.dnsfile import FileResolver
from tests.load.oracles import compare

pytestmark = pytest.mark.corpora


@cache
def _members(corpora: Path) -> dict[str, bytes]:
    with tarfile.open(corpora / "auth.tar.xz") as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]


class ZoneResolver:
    """Answers from the zone data of the openspf.org suites."""

    def __init__(self, zone: dict[str, list[object]]) -> None:
        self._zone = {str(name).lower().rstrip("."): entries for name, entries in zone.items()}

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        return self._ask(name.lower().rstrip("."), kind, 5)

    def _ask(self, name: str, kind: str, depth: int) -> DnsAnswer:
        labels = name.split(".")
        if not all(0 < len(label) < 64 for label in labels) or name not in self._zone:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        entries = self._zone[name]
        records = [e for e in entries if isinstance(e, dict)]
        kinds = [kind]
        if kind == "TXT" and not any("TXT" in e for e in records):
            kinds.append("SPF")  # The suites mean both types unless they say otherwise.
        values = [e[k] for e in records for k in kinds if k in e and e[k] != "NONE"]
        if values:
            return DnsAnswer(DnsStatus.ANSWER, tuple(_text(kind, value) for value in values), 60)
        aliases = [e["CNAME"] for e in records if "CNAME" in e]
        if aliases and depth:
            return self._ask(str(aliases[0]).lower().rstrip("."), kind, depth - 1)
        if "TIMEOUT" in entries or any(e.get(kind) == "TIMEOUT" for e in records):
            return DnsAnswer(DnsStatus.TIMEOUT)
        return DnsAnswer(DnsStatus.NO_DATA)


def _text(kind: str, value: object) -> str:
    if kind == "TXT":
        joined = "".join(map(str, value)) if isinstance(value, list) else str(value)
        return joined.encode("utf-8").decode("latin-1")
    if kind == "MX":
        return f"{value[0]} {value[1]}".rstrip()  # type: ignore[index]
    return str(value)


SPF_OTHERWISE = {
    "default-modifier": "wants the modifier default=, which RFC 4408 has taken out; unknown ones say nothing",
    "default-modifier-harsh": "wants `ambiguous`, a word of pyspf's own; else as above",
}


@pytest.mark.parametrize(
    ("suite", "cases"),
    [
        ("openspf/rfc7208-tests", 203),
        ("openspf/rfc4408-tests", 191),
        ("openspf/test", 16),
        ("mailauth/rfc7208-tests", 200),
        ("mailauth/rfc7208-tests-2014-05", 193),
    ],
)
async def test_the_spf_suites_pass(corpora: Path, suite: str, cases: int) -> None:
    wrong = []
    count = 0
    for document in yaml.safe_load_all(_members(corpora)[f"auth/auth-spf-{suite}.yml"]):
        resolver = ZoneResolver(document["zonedata"])
        for name, case in document["tests"].items():
            count += 1
            outcome = await check_host(
                ip=case["host"], reverse_path=case["mailfrom"], helo=case["helo"], resolver=resolver
            )
            wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
            words = case.get("explanation")
            good = outcome.result.value in wanted
            if good and words is not None:
                good = (outcome.explanation or "DEFAULT") == words
            if good == (name in SPF_OTHERWISE):
                wrong.append((name, wanted, words, outcome))

    assert not wrong, "\n".join(map(str, wrong))
    assert count == cases


Lookup = Callable[[str], DnsAnswer]


def _lookup(records: dict[str, str]) -> Lookup:
    def look(name: str) -> DnsAnswer:
        if name not in records:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        if records[name].startswith("~~"):
            return DnsAnswer(DnsStatus.TIMEOUT)
        return DnsAnswer(DnsStatus.ANSWER, (records[name],))

    return look


def _verify(message: bytes, lookup: Lookup, rules: SignatureRules = STRICT) -> tuple[Dkim, ...]:
    raw = RawMessage(message)
    return verify_all(raw, lookup, datetime(2008, 1, 1, tzinfo=UTC), BodyDigests(raw), rules)


AS_LONG_AGO = SignatureRules(smallest_rsa=512, sha1=True, testing_keys=True)
"""What counted when the Mail::DKIM corpus was collected: RFC 8301 has ended all of it."""

BEFORE_RFC_4871 = "signed to a draft: v= is absent or 0.x, RFC 6376 §3.5 allows 1 only"
DOMAIN_KEYS = "signed with DomainKeys only (RFC 4870, historic)"
GRANULARITY = "fails by the key's g= only, which RFC 6376 (appendix C) has taken out of DKIM"

NOT_AS_NAMED = {
    r"good_dk_.*": DOMAIN_KEYS,
    r"dk_.*": DOMAIN_KEYS,
    r"good_ietf0[01]_.*": BEFORE_RFC_4871,
    r"mine_ietf0[15]_.*": BEFORE_RFC_4871,
    r"multiple_1": BEFORE_RFC_4871,
    r"no_body_[123]": BEFORE_RFC_4871,
    r"badkey_(8|9|12|13)": GRANULARITY,
}


def _maildkim_records(corpora: Path) -> dict[str, str]:
    lines = _members(corpora)["auth/auth-dkim-maildkim/FAKE_DNS.dat"].decode("latin-1").splitlines()
    pairs = [re.split(r"\s+", line, maxsplit=1) for line in lines if line and not line.startswith("#")]
    return {name: value for name, value in pairs if value != "NXDOMAIN"}


def _maildkim_messages(corpora: Path) -> dict[str, bytes]:
    folder = "auth/auth-dkim-maildkim/corpus/"
    return {n[len(folder) : -4]: octets for n, octets in _members(corpora).items() if n.startswith(folder)}


def test_the_mail_dkim_corpus_verifies_as_its_names_say(corpora: Path) -> None:
    lookup = _lookup(_maildkim_records(corpora))
    wrong = []
    excepted = 0
    messages = _maildkim_messages(corpora)
    for name, message in messages.items():
        outcomes = _verify(message, lookup, AS_LONG_AGO)
        passed = AuthResult.PASS in {each.result for each in outcomes}
        named_good = not name.startswith(("bad", "ignore"))
        reason = next((why for pattern, why in NOT_AS_NAMED.items() if re.fullmatch(pattern, name)), "")
        excepted += bool(reason)
        if (passed == named_good) == bool(reason):
            wrong.append((name, outcomes))

    assert not wrong, "\n".join(map(str, wrong))
    assert (len(messages), excepted) == (79, 32)


def test_of_the_mail_dkim_corpus_only_strong_signatures_count(corpora: Path) -> None:
    lookup = _lookup(_maildkim_records(corpora))

    passed = {
        (name, each.algorithm)
        for name, message in _maildkim_messages(corpora).items()
        for each in _verify(message, lookup)
        if each.result is AuthResult.PASS
    }

    assert passed == {("goodkey_ed25519", "ed25519-sha256")}


def _dkimpy(corpora: Path) -> dict[str, bytes]:
    return {n.rpartition("/")[2]: o for n, o in _members(corpora).items() if "auth-dkim-dkimpy" in n}


def test_the_vectors_of_rfc_8463_verify(corpora: Path) -> None:
    vectors = _dkimpy(corpora)
    lookup = _lookup(
        {
            # RFC 8463 §A.2
            "brisbane._domainkey.football.example.com": (
                "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
            ),
            "test._domainkey.football.example.com": vectors["test.txt"].decode(),
            "sed._domainkey.test.ex": vectors["eximtest.dns"].decode(),
        }
    )

    both = _verify(vectors["rfc6376.signed.msg"], lookup)
    one = _verify(vectors["rfc6376.signed.rsa.msg"], lookup)
    changed = _verify(vectors["rfc6376.signed.no_t.msg"], lookup)
    exim = _verify(vectors["ed25519test2.msg"], lookup)

    assert [(e.algorithm, e.result) for e in both] == [
        ("ed25519-sha256", AuthResult.PASS),
        ("rsa-sha256", AuthResult.PASS),
    ]
    assert [e.result for e in one] == [AuthResult.PASS]
    assert [e.result for e in changed] == [AuthResult.FAIL]
    assert [e.result for e in exim] == [AuthResult.PASS]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("test.txt", ""),
        ("test2.txt", ""),
        ("badk.txt", "the key is of an unknown kind"),
        ("badversion.txt", "the key is of an unknown version"),
        ("test_bad.txt", "the key cannot be read"),
        ("test_tlsrpt.txt", "the key is not for mail"),
    ],
)
def test_a_signature_counts_under_those_records_of_dkimpy_that_are_for_mail(
    corpora: Path, record: str, problem: str
) -> None:
    vectors = _dkimpy(corpora)
    signature = dkim.sign(vectors["test.message"], b"test", b"example.com", vectors["test.private"])
    lookup = _lookup({"test._domainkey.example.com": vectors[record].decode().strip()})

    (outcome,) = _verify(signature + vectors["test.message"], lookup)

    assert (outcome.result, outcome.problem) == (
        AuthResult.PERMERROR if problem else AuthResult.PASS,
        problem,
    )


KEYS_ARE_GONE = {"test2.message", "message.mbox"}
"""Signed mail among the vectors of dkimpy whose keys are not: their owners do not publish them any more."""


def test_of_the_signed_mail_of_dkimpy_only_what_has_no_key_is_not_verified(corpora: Path) -> None:
    outcomes = {
        name: _verify(octets, _lookup({}))
        for name, octets in _dkimpy(corpora).items()
        if name.endswith((".message", ".msg", ".mbox", ".baddomain"))
    }

    known = {"rfc6376.signed.msg", "rfc6376.signed.rsa.msg", "rfc6376.signed.no_t.msg", "ed25519test2.msg"}
    assert {name for name, found in outcomes.items() if found} == {
        *known,
        *KEYS_ARE_GONE,
        "test.message.baddomain",
    }
    assert outcomes["test.message.baddomain"][0].problem == "not a domain"


GOOGLES_SEAL_OF_2016 = (
    "k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1Lztpxs7yUxQEsbDFhjMc9kZVZu5P/COYEUIX4B39IL"
    "4SXAbv4viIlT9E6F6iZmTh1go7+9WQLywwgwjXMJx/Dz0RgMoPeyp5NRy4l320DPYibNqVMWa5iQ2WiImQC0en1O9uhLLvza"
    "SZJ03fvGmCo9jMo0GwKzLNe14xMgn/px2L5N/3IKlKX4bqUAJTUt8L993ZlWzvgMnSFSt8B+euSKSrtAiopdy4r1yO4eN5go"
    "BASrGW0eLQc1lYouNvCrcTQpos4/GEAqiGzpqueJLmBfOO4clNvVvpPkvQs2BHw9I9LmIjaMxTNGxkGBRaP3utDiKXXqu1K+"
    "LRzl0HCNSdQIDAQAB"
)
"""The public record of arc-20160816._domainkey.google.com, while it was there."""
REAL_CHAINS = {
    "arc-pass.eml": "pass",
    "arc-pass2.eml": "pass",
    "arc-fail.eml": "fail",
    "arc-fail2.eml": "fail",
    "arc-fail3.eml": "fail",
    "authtest.eml": "pass",
    "bimi.eml": "pass",
    "zbimi.eml": "pass",
    "message3.eml": "pass",
}


def test_chains_of_a_large_provider_are_valid_or_not_as_their_names_say(corpora: Path) -> None:
    folder = "auth/auth-arc-mailauth/"
    lookup = _lookup({"arc-20160816._domainkey.google.com": GOOGLES_SEAL_OF_2016})
    told = {}
    for name, octets in _members(corpora).items():
        if name.startswith(folder) and name.endswith(".eml"):
            message = RawMessage(octets)
            told[name.removeprefix(folder)] = validate(message, lookup, BodyDigests(message)).result.value

    assert {name: result for name, result in told.items() if result != "none"} == REAL_CHAINS
    assert len(told) == 13


def test_the_arc_validation_suite_passes(corpora: Path) -> None:
    wrong = []
    count = 0
    suite = _members(corpora)["auth/auth-arc-valimail/tests/arc-draft-validation-tests.yml"]
    for document in yaml.safe_load_all(suite):
        lookup = _lookup(document["txt-records"])
        for name, case in document["tests"].items():
            count += 1
            message = RawMessage((case["message"] or "").encode())
            outcome = validate(message, lookup, BodyDigests(message))
            # Three cases state no result: their chains say cv=fail themselves, and so do we.
            if outcome.result.value != (case["cv"].lower() or "fail"):
                wrong.append((name, case["cv"], outcome))

    assert not wrong, "\n".join(map(str, wrong))
    assert count == 171


SENT_BY_THE_DOMAIN_ITSELF = {"client_a3"}
"""Sent through the author's own domain under a colleague's name: only that domain can tell."""


async def test_no_espoofer_case_passes_as_the_domain_it_spoofs(corpora: Path, tmp_path: Path) -> None:
    cases: dict[str, Any] = json.loads(_members(corpora)["auth/auth-espoofer/espoofer_cases.json"])
    policy = {"TXT": ["v=DMARC1; p=reject"]}
    records: dict[str, Any] = {f"_dmarc.{d}": policy for d in ("legitimate.com", "example.com")}
    records |= {
        d: {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]} for d in ("attack.com", "33.attack.com", "example.com")
    }
    records["legitimate.com"] = {"TXT": ["v=spf1 ip4:198.51.100.1 -all"]}
    zone = tmp_path / "dns.json"
    zone.write_text(json.dumps(records))

    passed = set()
    for name, case in cases.items():
        facts = await _spoof(case, FileResolver(zone))
        if facts.dmarc.result is AuthResult.PASS:
            passed.add(name)

    assert len(cases) == 12
    assert passed == SENT_BY_THE_DOMAIN_ITSELF


async def _spoof(case: dict[str, Any], resolver: FileResolver) -> Facts:
    data = case["data"]
    parts = ("from_header", "to_header", "subject_header", "other_headers", "body")
    message = "".join(data[part] for part in parts)
    if "dkim_para" in case:
        para = case["dkim_para"]
        message = (
            f"DKIM-Signature: v=1; a=rsa-sha256; d={para['d']}; s={para['s']}; h=from; bh=AA==; b=AA==\r\n"
            + message
        )
    octets = message.encode()
    raw = RawMessage(octets)
    reverse_path = case["mailfrom"].strip("<>")
    envelope = Envelope(reverse_path=reverse_path, recipients=())
    client = Client(ip="192.0.2.1", helo=case["helo"])
    gathered = await gather(envelope, client, datetime(2026, 9, 1, tzinfo=UTC), raw.header, resolver)
    return authenticate(view_of(octets), gathered, reverse_path, ())


@pytest.mark.parametrize(
    ("corpus", "messages", "signatures"), [("transactional", 9, 14), ("lists-ham", 400, 300)]
)
def test_bodies_of_real_signed_mail_hash_as_another_implementation_says(
    corpora: Path, corpus: str, messages: int, signatures: int
) -> None:
    """Needs no keys: the hash of a body is compared, whether or not the body was changed on its way."""
    count = 0
    for octets in _some_mail(corpora, corpus, messages):
        raw = RawMessage(octets)
        body = re.sub(rb"\r?\n", b"\r\n", octets).partition(b"\r\n\r\n")[2]
        for coverage in _coverages(raw):
            count += 1
            policy = CanonicalizationPolicy.from_c_value(
                b"relaxed/relaxed" if coverage.body.relaxed else b"relaxed/simple"
            )
            expected = hashlib.sha256(policy.canonicalize_body(body)[: coverage.body.limit]).digest()
            assert BodyDigests(raw).of(coverage.body).digest == expected

    assert count >= signatures


def _some_mail(corpora: Path, corpus: str, most: int) -> Iterator[bytes]:
    with tarfile.open(corpora / "mail" / f"{corpus}.tar.xz") as archive:
        for member in itertools.islice((m for m in archive if m.isfile()), most):
            content = archive.extractfile(member)
            assert content is not None
            yield content.read()


def _coverages(raw: RawMessage) -> Iterator[Coverage]:
    for field in signature_fields(raw.fields):
        try:
            coverage = parse_signature(field).coverage
        except TagError:
            continue
        if coverage.body.algorithm == "sha256":
            yield coverage


def test_the_arc_signing_suite_passes(corpora: Path) -> None:
    """Without its ``unused_tests.yml``, whose own signatures its validation would refuse."""
    wrong = []
    count = 0
    suite = _members(corpora)["auth/auth-arc-valimail/tests/arc-draft-sign-tests.yml"]
    for document in yaml.safe_load_all(suite):
        private = load_pem_private_key(document["privatekey"].encode(), None)
        assert isinstance(private, RSAPrivateKey)
        key = SigningKey(domain=document["domain"], selector=document["sel"], private=private)
        for name, case in document["tests"].items():
            count += 1
            message = RawMessage(case["message"].encode())
            results = results_of_ours(message.fields, case["srv-id"])
            made = arc_set(
                message,
                BodyDigests(message),
                key,
                datetime.fromtimestamp(case["t"], UTC),
                results,
                covered=tuple(case["sig-headers"].split(":")),
            )
            wanted = [_tags(case[each]) for each in ("AS", "AMS", "AAR") if (case[each] or "").strip()]
            told = [_tags(field.value.decode()) for field in made]
            if wanted:
                # How others fold the signature that a seal is over changes the seal's own signature.
                del wanted[0]["b"], told[0]["b"]
                sealed = RawMessage(b"".join(field.raw for field in made) + case["message"].encode())
                outcome = validate(sealed, _lookup(document["txt-records"]), BodyDigests(sealed))
                assert outcome.result.value == ("fail" if wanted[0]["cv"] == "fail" else "pass"), name
            if told != wanted:
                wrong.append(name)

    assert not wrong
    assert count == 17


def _tags(text: str) -> dict[str, str]:
    bare = re.sub(r"\s+", "", text).split(";")
    return {name: value for name, _, value in (each.partition("=") for each in bare)}


def test_other_implementations_agree_about_a_sample_of_real_mail(corpora: Path) -> None:
    found = compare(corpora, 300)

    assert found.differ == []
    assert found.compared["our signature"] >= 200
    assert found.compared["their signature"] >= 200
    assert sum(number for what, number in found.compared.items() if what.startswith("spf")) >= 250
