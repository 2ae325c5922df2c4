"""Findings from the facts of sender authentication.

Most weigh nothing: who sent a message does not say what it is, and policy decides about failures
by the symbol.  They are there to be explained, counted and combined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Arc, AuthResult, Dkim, Dmarc, Facts, Spf
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import TenantSnapshot

if TYPE_CHECKING:
    from lazaretto.mail.view import MessageView

SPF = {
    AuthResult.PASS: Symbol(name="SPF_PASS", summary="The client may send for the reverse path's domain"),
    AuthResult.FAIL: Symbol(
        name="SPF_FAIL", summary="The reverse path's domain says that the client must not send for it"
    ),
    AuthResult.SOFTFAIL: Symbol(
        name="SPF_SOFTFAIL",
        summary="The reverse path's domain says that the client probably must not send for it",
    ),
    AuthResult.NEUTRAL: Symbol(
        name="SPF_NEUTRAL", summary="The reverse path's domain says nothing about the client"
    ),
    AuthResult.NONE: Symbol(name="SPF_NONE", summary="The reverse path's domain publishes no SPF record"),
    AuthResult.TEMPERROR: Symbol(name="SPF_TEMPERROR", summary="The DNS did not answer about SPF"),
    AuthResult.PERMERROR: Symbol(name="SPF_PERMERROR", summary="The SPF record cannot be evaluated"),
}

DKIM = {
    AuthResult.PASS: Symbol(
        name="DKIM_PASS", summary="A domain signed the message and the signature is valid"
    ),
    AuthResult.TEMPERROR: Symbol(
        name="DKIM_TEMPERROR", summary="The DNS did not answer about a signature's key"
    ),
    AuthResult.POLICY: Symbol(
        name="DKIM_PARTIAL_BODY",
        score=0.5,
        summary="Text was added behind the part of the body that is signed",
    ),
    AuthResult.FAIL: Symbol(name="DKIM_FAIL", summary="The message was changed after it was signed"),
    AuthResult.PERMERROR: Symbol(name="DKIM_PERMERROR", summary="A signature or its key is not acceptable"),
    AuthResult.NONE: Symbol(name="DKIM_NONE", summary="No signature that counts"),
}
"""The best result of all signatures is reported; the order is what counts as best."""

DKIM_WEAK_COVERAGE = Symbol(
    name="DKIM_WEAK_COVERAGE", score=0.3, summary="The valid signature leaves open a field that readers go by"
)

DMARC_PASS = Symbol(name="DMARC_PASS", summary="The author's domain vouches for the message")
DMARC_FAIL = {
    "reject": Symbol(
        name="DMARC_FAIL_REJECT",
        summary="The author's domain does not vouch for the message and asks to refuse such mail",
    ),
    "quarantine": Symbol(
        name="DMARC_FAIL_QUARANTINE",
        summary="The author's domain does not vouch for the message and asks to quarantine such mail",
    ),
    "none": Symbol(
        name="DMARC_FAIL_NONE",
        summary="The author's domain does not vouch for the message and asks for nothing",
    ),
}
DMARC_NONE = Symbol(name="DMARC_NONE", summary="The author's domain publishes no DMARC policy")
DMARC_TEMPERROR = Symbol(name="DMARC_TEMPERROR", summary="The DNS did not answer about DMARC")
DMARC_AUTHOR_UNCLEAR = Symbol(
    name="DMARC_AUTHOR_UNCLEAR",
    score=0.2,
    summary="The From field is not one plain author, so that nobody can vouch for it",
)

ARC = {
    AuthResult.PASS: Symbol(
        name="ARC_PASS", summary="The chain of those who passed the message on is intact"
    ),
    AuthResult.FAIL: Symbol(
        name="ARC_FAIL", summary="The chain of those who passed the message on is broken"
    ),
    AuthResult.TEMPERROR: Symbol(name="ARC_TEMPERROR", summary="The DNS did not answer about an ARC key"),
}


class AuthenticationResults:
    """Says who vouches for a message."""

    card: ClassVar = DetectorCard(
        name="authentication.results",
        summary="Reports whether SPF, DKIM, DMARC and ARC vouch for the sender",
        service=Service.AUTHENTICATION,
        symbols=(
            *SPF.values(),
            *DKIM.values(),
            DKIM_WEAK_COVERAGE,
            DMARC_PASS,
            *DMARC_FAIL.values(),
            DMARC_NONE,
            DMARC_TEMPERROR,
            DMARC_AUTHOR_UNCLEAR,
            *ARC.values(),
        ),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Return one finding per method that has something to say."""
        return (
            *_spf_findings(facts.spf),
            *_dkim_findings(facts.dkim),
            *_dmarc_findings(facts.dmarc),
            *_arc_findings(facts.arc),
        )


def _spf_findings(spf: Spf) -> Iterator[Finding]:
    # Without a domain nothing was checked: that says nothing about anybody's record.
    if spf.domain and spf.result in SPF:
        yield found(SPF[spf.result], _words(spf.domain, spf.mechanism or spf.problem))


def _dkim_findings(signatures: tuple[Dkim, ...]) -> Iterator[Finding]:
    ranks = {result: rank for rank, result in enumerate(DKIM)}
    known = [each for each in signatures if each.result in ranks]
    if not known:
        yield found(DKIM[AuthResult.NONE])
        return
    best = min(known, key=lambda each: ranks[each.result])
    yield found(DKIM[best.result], _words(best.domain, best.problem))
    passed = [each for each in known if each.result is AuthResult.PASS]
    if passed and all(each.unsigned for each in passed):
        yield found(DKIM_WEAK_COVERAGE, _words(passed[0].domain, ", ".join(passed[0].unsigned)))


def _dmarc_findings(dmarc: Dmarc) -> Iterator[Finding]:
    if dmarc.result is AuthResult.PASS:
        yield found(DMARC_PASS, _words(dmarc.domain, " and ".join(dmarc.aligned_by)))
    elif dmarc.result is AuthResult.FAIL:
        yield found(DMARC_FAIL.get(dmarc.policy, DMARC_FAIL["none"]), _words(dmarc.domain, dmarc.problem))
    elif dmarc.result is AuthResult.TEMPERROR:
        yield found(DMARC_TEMPERROR, dmarc.domain)
    elif dmarc.domain and not dmarc.problem:
        yield found(DMARC_NONE, dmarc.domain)
    if dmarc.problem and dmarc.result in (AuthResult.FAIL, AuthResult.PERMERROR):
        yield found(DMARC_AUTHOR_UNCLEAR, dmarc.problem)


def _arc_findings(arc: Arc) -> Iterator[Finding]:
    if arc.result in ARC:
        yield found(ARC[arc.result], _words(", ".join(arc.sealers), arc.problem))


def _words(what: str, detail: str) -> str:
    return f"{what}: {detail}" if what and detail else what or detail
