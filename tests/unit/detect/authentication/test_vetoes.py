"""What is tried to pass as somebody else: each trick alone takes the pass away that the plain mail has.

Everything runs as it does for real mail: names are asked first, then it is judged without a resolver.
"""

from __future__ import annotations

from typing import Any

import pytest

from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import SenderList, TenantSnapshot
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from tests.unit.detect.authentication.test_arc import sealed

MESSAGE = (
    b"From: Ann <ann@author.example>\r\nTo: bob@customer.example\r\nSubject: Hello\r\n"
    b"Date: Tue, 1 Sep 2026 12:00:00 +0000\r\nMessage-ID: <1@author.example>\r\n\r\nHello Bob\r\n"
)
REJECT = {"TXT": ["v=DMARC1; p=reject"]}
FROM = b"From: Ann <ann@author.example>\r\n"
STRANGER = "x@evil.example"


def records(signer: Any, **more: Any) -> dict[str, Any]:
    names = ("author.example", "evil.example", "author.co.uk", "co.uk")
    keys = {f"s1._domainkey.{name}": {"TXT": [signer.record]} for name in names}
    policies = {f"_dmarc.{name}": REJECT for name in ("author.example", "author.co.uk", "co.uk")}
    return {**keys, **policies, "evil.example": {"TXT": ["v=spf1 +all"]}, **more}


async def test_plain_mail_with_the_authors_signature_passes(check: Any, signer: Any) -> None:
    facts = await check(signer.sign(MESSAGE, "author.example"), records(signer), reverse_path=STRANGER)

    assert facts.dmarc.result is AuthResult.PASS


@pytest.mark.parametrize("options", [{"length": True}, {"length": True, "forms": (b"simple", b"simple")}])
@pytest.mark.parametrize("added", [b"Click here\r\n", b"\r\n\r\nx\r\n", b" x\r\n"])
async def test_text_behind_the_length_that_was_signed_takes_it_away(
    check: Any, signer: Any, options: dict[str, Any], added: bytes
) -> None:
    signed = signer.sign(MESSAGE, "author.example", **options)

    whole = await check(signed, records(signer), reverse_path=STRANGER)
    longer = await check(signed + added, records(signer), reverse_path=STRANGER)

    assert whole.dmarc.result is AuthResult.PASS
    assert (longer.dmarc.result, longer.dmarc.policy) == (AuthResult.FAIL, "reject")


@pytest.mark.parametrize(("domain", "result"), [("author.co.uk", "pass"), ("co.uk", "fail")])
async def test_a_public_suffix_signs_for_nobody_below_it(
    check: Any, signer: Any, domain: str, result: str
) -> None:
    message = MESSAGE.replace(b"author.example", b"author.co.uk")

    facts = await check(signer.sign(message, domain), records(signer), reverse_path=STRANGER)

    assert facts.dmarc.result.value == result


@pytest.mark.parametrize(
    "author",
    [
        pytest.param(b"", id="no From"),
        pytest.param(FROM + b"From: Bank <a@bank.example>\r\n", id="a second one below"),
        pytest.param(b"From: Bank <a@bank.example>\r\n" + FROM, id="a second one above"),
        pytest.param(FROM + b"FROM\t: Bank <a@bank.example>\r\n", id="a second one with space"),
        pytest.param(b"From: Ann <ann@author.example>, Bank <a@bank.example>\r\n", id="two mailboxes"),
        pytest.param(b"From: Friends: Ann <ann@author.example>;\r\n", id="a group"),
        pytest.param(b"From: Friends:;\r\n", id="an empty group"),
        pytest.param(b"From: =?utf-8?q?ann=40author.example?=\r\n", id="an encoded address alone"),
        pytest.param(
            b"From: =?utf-8?b?YUBiYW5rLmV4YW1wbGU=?= <@author.example>\r\n", id="encoded, no local part"
        ),
        pytest.param(
            b"From: =?utf-8?q?a=40bank.example=2C?=<ann@author.example>,\r\n b@bank.example\r\n", id="mixed"
        ),
        pytest.param(b"From: <a@bank.example>, <ann@author.example>\r\n", id="another author in front"),
        pytest.param(b"From: <ann@author.example> a@bank.example\r\n", id="an address behind"),
        pytest.param(b"From: <@bank.example:ann@author.example>\r\n", id="a route"),
        pytest.param(b"From: ann@author.example\x00.bank.example\r\n", id="NUL"),
    ],
)
async def test_what_is_not_one_plain_author_passes_under_nobodys_name(
    check: Any, signer: Any, author: bytes
) -> None:
    """Even with SPF and, where another implementation signs such mail, with the domain's own signature."""
    message = MESSAGE.replace(FROM, author)
    allowed = {"author.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}
    if author and b"\t:" not in author:
        message = signer.sign(message, "author.example")

    facts = await check(message, records(signer, **allowed))

    assert facts.spf.result is AuthResult.PASS
    assert facts.dmarc.result is not AuthResult.PASS
    if b"author.example" in author.partition(b"\r\n")[0]:
        assert facts.dmarc.policy == "reject"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(
            "v=spf1 " + " ".join(f"include:i{i}.example" for i in range(11)) + " +all", id="11 look-ups"
        ),
        pytest.param(
            "v=spf1 a:void1.example a:void2.example a:void3.example +all", id="three without answer"
        ),
        pytest.param("v=spf1 include:author.example +all", id="a loop"),
        pytest.param("v=spf1 mx:many.example +all", id="eleven hosts of one MX"),
        pytest.param("v=spf1 redirect=author.example", id="a loop of redirects"),
    ],
)
async def test_beyond_a_limit_of_look_ups_spf_vouches_for_nobody(
    check: Any, signer: Any, record: str
) -> None:
    zone = {
        **{f"i{i}.example": {"TXT": ["v=spf1 ?all"]} for i in range(11)},
        "many.example": {"MX": [f"10 h{i}.example" for i in range(11)]},
        **{f"h{i}.example": {"A": ["198.51.100.7"]} for i in range(11)},
        "author.example": {"TXT": [record]},
    }

    facts = await check(MESSAGE, records(signer, **zone))

    assert facts.spf.result is AuthResult.PERMERROR
    assert (facts.dmarc.result, facts.dmarc.policy) == (AuthResult.FAIL, "reject")


async def test_a_strangers_seal_changes_nothing_of_what_is_found_but_its_own_name(
    check: Any, signer: Any
) -> None:
    """Not for approved senders, not for impersonation, not for the learned model: by every detector."""
    tenant = TenantSnapshot(
        tenant=TenantId(1),
        name="customer",
        version=1,
        domains={"customer.example": (), "author.example": ()},
        addresses=frozenset({"bob@customer.example"}),
        approved=SenderList(domains=frozenset({"author.example"})),
    )
    looking = [each for each in detectors() if not each.card.name.startswith("malware.")]

    def told(message: bytes, facts: Facts) -> dict[str, float]:
        return {each.symbol: each.score for each in look_at(view_of(message), facts, tenant, looking)}

    chain = sealed(MESSAGE, signer, "evil.example")
    plain_facts = await check(MESSAGE, records(signer), reverse_path=STRANGER)
    chain_facts = await check(chain, records(signer), reverse_path=STRANGER)
    plain, chained = told(MESSAGE, plain_facts), told(chain, chain_facts)

    assert chain_facts.arc.result is AuthResult.PASS
    assert {symbol: score for symbol, score in chained.items() if symbol not in plain} == {"ARC_PASS": 0.0}
    assert {"FROM_OWN_DOMAIN_UNVERIFIED", "DMARC_FAIL_REJECT"} <= set(chained)
    assert "SENDER_APPROVED_ADDRESS" not in chained
    assert sum(chained.values()) >= sum(plain.values()) - 0.05
