"""The methods of the service as rules: what each setting of the document means to policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS, Condition, Rule
from lazaretto.tenants.choices import DmarcAction, MailAction, MalwareAction, Sensitivity
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.method import Method
from lazaretto.tenants.sections import Antispam

ENCRYPTED: Final = frozenset({"ENCRYPTED_CONTENT"})
AMBIGUOUS: Final = frozenset({"AMBIGUOUS_STRUCTURE"})
DANGEROUS: Final = frozenset(
    {
        "EXECUTABLE_ATTACHMENT",
        "EXECUTABLE_IN_ARCHIVE",
        "EXECUTABLE_NAME",
        "NAME_DOUBLE_EXTENSION",
        "NAME_REVERSED",
    }
)
"""Programs and disguises: malware by their kind, before anybody knows the very file."""
IMPERSONATION: Final = frozenset(
    {"FROM_PROTECTED_NAME", "FROM_OWN_DOMAIN_UNVERIFIED", "FROM_LOOKALIKE_DOMAIN"}
)
"""These have methods of their own, so that by themselves they make nothing spam or phishing to a rule.

Weaker signs of impersonation have methods as well, but go on counting: alone they reach no class.
"""
WANTED: Final = frozenset({"NEWSLETTER_WANTED"})
SPF_TEXT: Final = "the sender's domain does not allow this server to send for it (SPF)"
SPF_STATUS: Final = "5.7.23"
"""SPF validation failed (RFC 7372 §3.2)."""
DMARC_TEXT: Final = "the author's domain asks to refuse mail that it does not vouch for (DMARC)"
_FACTORS: Final[Mapping[Sensitivity, float]] = {
    Sensitivity.LOW: 1.6,
    Sensitivity.STANDARD: 1.0,
    Sensitivity.STRICT: 0.8,
}
_INBOUND: Final = frozenset({Direction.INBOUND})
_OUTBOUND: Final = frozenset({Direction.OUTBOUND})


def method_rules(document: TenantDocument) -> tuple[Rule, ...]:
    """Return the rules of every method that is on, those that decide first before the others."""
    found = [*_antimalware(document), *_lists(document), *_authentication(document)]
    found += [*_antispam(document), *_impersonation(document), *_outbound(document)]
    return tuple(rule for rule in found if rule is not None)


def thresholds_of(antispam: Antispam) -> dict[str, float]:
    """Return the scores from which each class is meant."""
    factor = _FACTORS[antispam.sensitivity]
    given = antispam.thresholds
    return {
        "spam": given.spam or DEFAULT_THRESHOLDS["spam"] * factor,
        "phishing": given.phishing or DEFAULT_THRESHOLDS["phishing"] * factor,
        "bulk": given.bulk or DEFAULT_THRESHOLDS["bulk"],
    }


def _verdict(verdict: Verdict, directions: frozenset[Direction] = _INBOUND) -> Condition:
    return Condition(verdicts=frozenset({verdict}), directions=directions)


def _summed(verdict: Verdict, directions: frozenset[Direction] = _INBOUND) -> Condition:
    return replace(_verdict(verdict, directions), apart_from=IMPERSONATION)


def _symbols(*names: str, unless: frozenset[str] = frozenset()) -> Condition:
    return Condition(symbols=frozenset(names), unless=unless, directions=_INBOUND)


def _antimalware(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.antimalware
    infected = _verdict(Verdict.MALWARE)
    for name, when, wish in (
        ("malware", replace(infected, apart_from=DANGEROUS), section.malware),
        ("dangerous_attachments", replace(infected, symbols=DANGEROUS), section.dangerous_attachments),
    ):
        yield Method(setting=f"antimalware.{name}", when=when, reason="malware").rule(wish)
    for name, when, choice in (
        ("unscannable", _verdict(Verdict.UNSCANNABLE), section.unscannable),
        ("encrypted", _symbols(*ENCRYPTED), section.encrypted),
        ("ambiguous", _symbols(*AMBIGUOUS), section.ambiguous),
    ):
        own = AMBIGUOUS | ENCRYPTED if name == "unscannable" else frozenset()
        yield Method(
            setting=f"antimalware.{name}",
            when=replace(when, apart_from=own),
            reason="unscannable",
            tag=document.antispam.subject_tags.unscannable,
            redirect_to=document.antispam.redirect_address,
            bulk_to=document.antispam.bulk_address,
        ).rule(choice)


def _lists(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.antispam
    for name, symbol, choice in (
        ("blocked_ips", "SENDER_BLOCKED_IP", section.blocked_ips),
        ("blocked_addresses", "SENDER_BLOCKED_ADDRESS", section.blocked_addresses),
        ("blocked_by_users", "SENDER_BLOCKED_BY_USER", section.blocked_by_users),
    ):
        # An administrator's block comes before an administrator's approval.
        yield replace(_spam_method(document, name, _symbols(symbol)), approval_waives=False).rule(choice)


def _authentication(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.antispam
    # A message forwarded by a server that SPF does not know is not spoofed if a signature of the
    # author's domain has survived.
    spoofed = _symbols("SPF_FAIL", unless=frozenset({"DMARC_PASS"}))
    method = replace(_spam_method(document, "spf", spoofed), reply_text=SPF_TEXT, reply_status=SPF_STATUS)
    yield method.rule(section.spf)
    if section.dmarc is DmarcAction.OFF:
        return
    by_policy = section.dmarc is DmarcAction.BY_POLICY
    for symbol, action in (
        ("DMARC_FAIL_REJECT", MailAction.BLOCK_AND_DELETE),
        ("DMARC_FAIL_QUARANTINE", MailAction.QUARANTINE),
    ):
        method = replace(_spam_method(document, "dmarc", _symbols(symbol)), reply_text=DMARC_TEXT)
        rule = method.rule(action if by_policy else MailAction.LOG)
        if rule is not None:
            setting = f"antispam.dmarc = {section.dmarc.value}"
            # A stranger's wish is no order to throw mail away for good.
            yield replace(rule, setting=setting, after_acceptance=Disposition.QUARANTINE)


def _antispam(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.antispam
    tags = section.subject_tags
    for name, when, choice, reason, tag in (
        ("dynamic_ip", _symbols("CLIENT_DYNAMIC_IP"), section.dynamic_ip, "spam", tags.spam),
        ("block_lists", _symbols("CLIENT_BLOCK_LISTED"), section.block_lists, "spam", tags.spam),
        ("signatures", _symbols("SIGNATURE_SPAM"), section.signatures, "spam", tags.spam),
        ("spam", _summed(Verdict.SPAM), section.spam, "spam", tags.spam),
        ("phishing", _summed(Verdict.PHISHING), section.phishing, "phishing", tags.phishing),
        ("bulk", replace(_verdict(Verdict.BULK), unless=WANTED), section.bulk, "bulk", tags.bulk),
    ):
        yield replace(_spam_method(document, name, when), reason=reason, tag=tag).rule(choice)


def _spam_method(document: TenantDocument, name: str, when: Condition) -> Method:
    return Method(
        setting=f"antispam.{name}",
        when=when,
        reason="spam",
        tag=document.antispam.subject_tags.spam,
        redirect_to=document.antispam.redirect_address,
        bulk_to=document.antispam.bulk_address,
        approval_waives=True,
        needs_registration=True,
    )


def _impersonation(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.impersonation
    for name, symbol, choice in (
        ("user_names", "FROM_PROTECTED_NAME", section.user_names),
        ("similar_names", "FROM_PROTECTED_NAME_LIKE", section.similar_names),
        ("reply_names", "REPLY_TO_PROTECTED_NAME", section.reply_names),
        ("colleague_names", "FROM_COLLEAGUE_NAME", section.colleague_names),
        ("own_domains", "FROM_OWN_DOMAIN_UNVERIFIED", section.own_domains),
        ("lookalike_domains", "FROM_LOOKALIKE_DOMAIN", section.lookalike_domains),
    ):
        yield Method(
            setting=f"impersonation.{name}",
            when=_symbols(symbol),
            reason="impersonation",
            tag=document.antispam.subject_tags.impersonation,
            redirect_to=section.redirect_address,
            bulk_to=document.antispam.bulk_address,
        ).rule(choice)


def _outbound(document: TenantDocument) -> Iterator[Rule | None]:
    section = document.outbound
    unscannable = replace(_verdict(Verdict.UNSCANNABLE, _OUTBOUND), apart_from=ENCRYPTED | AMBIGUOUS)
    choices: tuple[tuple[str, Condition, MailAction | MalwareAction], ...] = (
        ("malware", _verdict(Verdict.MALWARE, _OUTBOUND), section.malware),
        ("unscannable", unscannable, section.unscannable),
        ("phishing", _summed(Verdict.PHISHING, _OUTBOUND), section.phishing),
        ("spam", _summed(Verdict.SPAM, _OUTBOUND), section.spam),
    )
    foreign = Condition(symbols=frozenset({"FROM_NOT_REGISTERED"}), directions=_OUTBOUND)
    yield Method(
        setting="outbound.foreign_author",
        when=foreign,
        reason="impersonation",
        tag=document.antispam.subject_tags.impersonation,
        redirect_to=document.antispam.redirect_address,
        bulk_to=document.antispam.bulk_address,
    ).rule(section.foreign_author)
    for name, when, choice in choices:
        yield Method(
            setting=f"outbound.{name}",
            when=when,
            reason=name,
            tag=document.antispam.subject_tags.spam,
            redirect_to=document.antispam.redirect_address,
            bulk_to=document.antispam.bulk_address,
        ).rule(choice)
