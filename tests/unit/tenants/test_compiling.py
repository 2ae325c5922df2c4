"""What a setting means to the mail path: a document compiled, then judged by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import combinations

import pytest

from lazaretto.core.decision import Decision, Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.excess import ExcessAction, SendingLimits
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot, TlsDemand
from lazaretto.detect.registry import symbols
from lazaretto.policy.judging import APPROVALS, judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot
from lazaretto.tenants.remarks import DocumentError

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
BASE = """\
tenant: acme
domains: {customer.example: {routes: [{host: mx.customer.example, tls: verified}]}}
addresses: [Bob@customer.example]
"""


def compiled(more: str = "") -> TenantSnapshot:
    return compile_snapshot(parse_document(BASE + more, "x"), TenantId(7), 3)


def decided(more: str, *findings: Finding, direction: Direction = Direction.INBOUND) -> Decision:
    return judge(findings, FACTS, compiled(more), ["bob@customer.example"], direction).decisions[0]


def of_class(verdict: Verdict) -> Finding:
    return Finding("SOMETHING", 9.0, "", verdict)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("", SendingLimits(external_per_hour=500, internal_per_hour=1_000, per_day=1_000)),
        (
            "profile: strict\n",
            SendingLimits(
                external_per_hour=400, internal_per_hour=800, per_day=800, action=ExcessAction.HOLD
            ),
        ),
        (
            "outbound: {rates: {external_per_hour: 0, action: defer}}\n",
            SendingLimits(external_per_hour=0, action=ExcessAction.DEFER),
        ),
    ],
)
def test_how_much_a_sender_may_send_is_a_profiles_or_the_tenants_word(
    text: str, limits: SendingLimits
) -> None:
    assert compiled(text).sending_limits == limits


def test_the_snapshot_answers_what_the_edge_asks() -> None:
    snapshot = compiled("max_message_size: 10\nstrict_line_ends: true\n")

    assert (snapshot.tenant, snapshot.version, snapshot.name) == (7, 3, "acme")
    assert snapshot.accepts("BOB@customer.example")
    assert not snapshot.accepts("eve@customer.example")
    assert not snapshot.accepts("bob@other.example")
    assert snapshot.max_message_size == 10_000_000
    assert snapshot.domains["customer.example"][0].tls is TlsDemand.VERIFIED


@pytest.mark.parametrize(
    ("more", "finding", "disposition", "setting"),
    [
        ("", of_class(Verdict.MALWARE), Disposition.QUARANTINE, "antimalware.malware = quarantine"),
        (
            "antimalware: {malware: delete}",
            of_class(Verdict.MALWARE),
            Disposition.DELETE,
            "antimalware.malware = delete",
        ),
        ("", of_class(Verdict.SPAM), Disposition.DELIVER, "antispam.spam = tag-subject"),
        ("", of_class(Verdict.PHISHING), Disposition.QUARANTINE, "antispam.phishing = quarantine"),
        ("", of_class(Verdict.BULK), Disposition.DELIVER, "antispam.bulk = add-header"),
        ("", of_class(Verdict.UNSCANNABLE), Disposition.QUARANTINE, "antimalware.unscannable = quarantine"),
        ("", Finding("SENDER_BLOCKED_IP", 0), Disposition.REJECT, "antispam.blocked_ips = block-and-delete"),
        ("", Finding("SPF_FAIL", 0), Disposition.REJECT, "antispam.spf = block-and-delete"),
        ("", Finding("DMARC_FAIL_REJECT", 0), Disposition.REJECT, "antispam.dmarc = by-policy"),
        ("", Finding("DMARC_FAIL_QUARANTINE", 0), Disposition.QUARANTINE, "antispam.dmarc = by-policy"),
        (
            "antispam: {dmarc: log}",
            Finding("DMARC_FAIL_REJECT", 0),
            Disposition.DELIVER,
            "antispam.dmarc = log",
        ),
        ("antispam: {spam: delete}", of_class(Verdict.SPAM), Disposition.DELETE, "antispam.spam = delete"),
        (
            "",
            Finding("FROM_PROTECTED_NAME", 1),
            Disposition.QUARANTINE,
            "impersonation.user_names = quarantine",
        ),
    ],
)
def test_a_setting_decides_and_is_named(
    more: str, finding: Finding, disposition: Disposition, setting: str
) -> None:
    decision = decided(more, finding)

    assert (decision.disposition, decision.reasons[0].setting) == (disposition, setting)


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ("antispam: {spf: off}", Finding("SPF_FAIL", 0)),
        ("antispam: {dmarc: off}", Finding("DMARC_FAIL_REJECT", 0)),
        ("antispam: {spam: off}", of_class(Verdict.SPAM)),
        ("antispam: {blocked_ips: off}", Finding("SENDER_BLOCKED_IP", 0)),
        ("antimalware: {unscannable: off}", of_class(Verdict.UNSCANNABLE)),
    ],
)
def test_a_method_that_is_off_says_nothing(more: str, finding: Finding) -> None:
    decision = decided(more, finding)

    assert (decision.disposition, decision.reasons) == (Disposition.DELIVER, ())


EVIDENCE = (
    of_class(Verdict.SPAM),
    of_class(Verdict.PHISHING),
    of_class(Verdict.BULK),
    of_class(Verdict.UNSCANNABLE),
    Finding("SENDER_BLOCKED_IP", 0),
    Finding("SENDER_BLOCKED_ADDRESS", 0),
    Finding("SPF_FAIL", 0),
    Finding("DMARC_FAIL_REJECT", 0),
    Finding("DMARC_FAIL_QUARANTINE", 0),
    Finding("FROM_PROTECTED_NAME", 0),
    Finding("ENCRYPTED_CONTENT", 0, "", Verdict.UNSCANNABLE),
)


@pytest.mark.parametrize(("one", "other"), list(combinations(EVIDENCE, 2)))
def test_of_any_two_methods_the_most_severe_decides(one: Finding, other: Finding) -> None:
    both = decided("", one, other)

    assert both.disposition is max(decided("", one).disposition, decided("", other).disposition)
    assert decided("", other, one) == both


@pytest.mark.parametrize("other", EVIDENCE)
def test_malware_is_final_beside_any_method(other: Finding) -> None:
    decision = decided("", of_class(Verdict.MALWARE), other)

    assert (decision.disposition, decision.quarantine_reason) == (Disposition.QUARANTINE, "malware")


def test_spoofed_mail_for_which_its_author_vouches_is_not_refused() -> None:
    assert decided("", Finding("SPF_FAIL", 0), Finding("DMARC_PASS", 0)).disposition is Disposition.DELIVER


def test_a_block_outweighs_an_approval_and_an_approval_outweighs_spam() -> None:
    approved, blocked = Finding("SENDER_APPROVED_IP", 0), Finding("SENDER_BLOCKED_ADDRESS", 0)

    assert decided("", approved, blocked).disposition is Disposition.REJECT
    assert decided("", approved, of_class(Verdict.PHISHING)).disposition is Disposition.DELIVER
    assert decided("", approved, of_class(Verdict.MALWARE)).disposition is Disposition.QUARANTINE


def test_block_and_delete_deletes_when_it_is_too_late_to_refuse_and_dmarc_quarantines() -> None:
    assert decided("", Finding("SENDER_BLOCKED_IP", 0)).after_acceptance is Disposition.DELETE
    assert decided("", Finding("DMARC_FAIL_REJECT", 0)).after_acceptance is Disposition.QUARANTINE


def test_a_dmarc_refusal_says_why() -> None:
    assert "DMARC" in decided("", Finding("DMARC_FAIL_REJECT", 0)).reply_text


def test_encrypted_and_ambiguous_mail_have_settings_of_their_own() -> None:
    more = "antimalware: {encrypted: tag-subject, ambiguous: delete}"
    encrypted = Finding("ENCRYPTED_CONTENT", 0, "", Verdict.UNSCANNABLE)
    ambiguous = Finding("AMBIGUOUS_STRUCTURE", 0, "", Verdict.UNSCANNABLE)

    assert decided(more, encrypted).disposition is Disposition.DELIVER
    assert decided(more, ambiguous).disposition is Disposition.DELETE


def test_programs_have_a_setting_of_their_own_and_known_malware_keeps_its_own() -> None:
    more = "antimalware: {malware: quarantine, dangerous_attachments: block-and-delete}"
    program = Finding("EXECUTABLE_ATTACHMENT", 10, "", Verdict.MALWARE)
    infected = Finding("EICAR_TEST_FILE", 100, "", Verdict.MALWARE)

    assert decided(more, program).disposition is Disposition.REJECT
    assert decided(more, infected).disposition is Disposition.QUARANTINE
    assert decided(more, infected, program).disposition is Disposition.REJECT


def test_impersonation_alone_is_left_to_its_own_method_and_counts_as_what_it_is() -> None:
    borrowed = Finding("FROM_PROTECTED_NAME", 6.0, "", Verdict.PHISHING)
    lure = Finding("CREDENTIALS_BY_REPLY", 6.0, "", Verdict.PHISHING)
    more = "impersonation: {user_names: tag-subject}"

    alone = judge((borrowed,), FACTS, compiled(more), ["bob@customer.example"], Direction.INBOUND)

    assert alone.verdict is Verdict.PHISHING
    assert [reason.rule for reason in alone.decisions[0].reasons] == ["impersonation.user_names"]
    assert decided(more, borrowed).disposition is Disposition.DELIVER
    assert decided(more, borrowed, lure).disposition is Disposition.QUARANTINE


@pytest.mark.parametrize(
    ("setting", "symbol"),
    [
        ("similar_names", "FROM_PROTECTED_NAME_LIKE"),
        ("reply_names", "REPLY_TO_PROTECTED_NAME"),
        ("colleague_names", "FROM_COLLEAGUE_NAME"),
    ],
)
def test_every_sign_of_impersonation_has_an_action_of_its_own(setting: str, symbol: str) -> None:
    borrowed = Finding(symbol, 2.0, "", Verdict.PHISHING)

    strict = decided(f"impersonation: {{{setting}: quarantine}}", borrowed)
    mild = decided(f"impersonation: {{{setting}: log}}", borrowed)

    assert strict.reasons[0].setting == f"impersonation.{setting} = quarantine"
    assert (strict.disposition, mild.disposition) == (Disposition.QUARANTINE, Disposition.DELIVER)


AWAITED = {"CLIENT_DYNAMIC_IP", "CLIENT_BLOCK_LISTED", "SIGNATURE_SPAM"}
"""Named by methods whose detectors need lists and digests that an operator connects."""


def test_every_method_asks_for_symbols_that_can_be_found() -> None:
    asked = {name for rule in compiled().rules for name in rule.when.symbols | rule.when.unless}
    asked |= {name for rule in compiled().rules for name in rule.when.apart_from} | APPROVALS

    assert asked - AWAITED <= set(symbols())


def test_spam_is_tagged_in_place_of_a_quarantine_that_does_not_exist() -> None:
    decision = decided("address_registration: off\nantispam: {spam: quarantine}", of_class(Verdict.SPAM))

    assert decision.disposition is Disposition.DELIVER
    assert [order.parameters for order in decision.orders] == [{"tag": "[SPAM] "}]


def test_outbound_mail_has_its_own_settings() -> None:
    outbound = Direction.OUTBOUND

    assert decided("", of_class(Verdict.MALWARE), direction=outbound).disposition is Disposition.QUARANTINE
    assert decided("", of_class(Verdict.SPAM), direction=outbound).reasons[0].setting == "outbound.spam = log"
    assert decided("", Finding("SPF_FAIL", 0), direction=outbound).reasons == ()
    more = "outbound: {spam: block-and-delete}"
    assert decided(more, of_class(Verdict.SPAM), direction=outbound).disposition is Disposition.REJECT


def test_redirected_spam_goes_to_the_address_that_is_named() -> None:
    more = "antispam: {spam: redirect, redirect_address: bulk@customer.example}"

    decision = decided(more, of_class(Verdict.SPAM))

    assert decision.disposition is Disposition.REDIRECT
    assert decision.orders[0].parameters == {"address": "bulk@customer.example"}


def test_a_rule_of_the_tenant_is_obeyed_and_named() -> None:
    when = "{verdicts: bulk, recipients: BOB@customer.example}"
    more = f"rules: [{{name: No bulk for Bob, when: {when}, action: {{disposition: delete}}}}]"

    decision = decided(more, of_class(Verdict.BULK))

    assert decision.disposition is Disposition.DELETE
    assert decision.reasons[0].setting == "rules[No bulk for Bob] = delete"


@pytest.mark.parametrize(("sensitivity", "spam"), [("low", 8.0), ("standard", 5.0), ("strict", 4.0)])
def test_sensitivity_moves_the_thresholds(sensitivity: str, spam: float) -> None:
    assert compiled(f"antispam: {{sensitivity: {sensitivity}}}").thresholds["spam"] == spam


def test_an_exact_threshold_wins_over_the_sensitivity() -> None:
    assert compiled("antispam: {sensitivity: low, thresholds: {spam: 6}}").thresholds["spam"] == 6.0


LISTS = """\
approved_senders:
  - {entry: Ann@Partner.example, expires: 2026-05-01}
  - {entry: 198.51.100.0/24, expires: 2026-05-01}
  - 198.51.100.7
  - "*.friend.example"
"""


def test_lists_are_asked_by_address_domain_and_network() -> None:
    approved = compiled(LISTS).approved

    assert approved.entry_for_address("ann@PARTNER.example") == "ann@partner.example"
    assert approved.entry_for_address("x@mail.friend.example") == "friend.example"
    assert approved.entry_for_address("x@notfriend.example") == ""
    assert approved.entry_for_ip("198.51.100.8") == "198.51.100.0/24"
    assert approved.entry_for_ip("198.51.100.7") == "198.51.100.7/32"
    assert approved.entry_for_ip("::ffff:198.51.100.7") == "198.51.100.7/32"
    assert approved.entry_for_ip("2001:db8::1") == ""


def test_an_entry_counts_on_its_last_day_and_not_on_the_next() -> None:
    snapshot = compiled(LISTS)

    assert snapshot.on(date(2026, 5, 1)) is snapshot
    later = snapshot.on(date(2026, 5, 2)).approved
    assert later.entry_for_address("ann@partner.example") == ""
    assert later.entry_for_ip("198.51.100.8") == ""
    assert later.entry_for_ip("198.51.100.7") == "198.51.100.7/32"


def test_approvals_that_are_switched_off_approve_nobody() -> None:
    approved = compiled(LISTS + "antispam: {approved_ips: no}").approved

    assert approved.networks == ()
    assert approved.domains == {"friend.example"}


def test_a_snapshot_crosses_to_other_processes_unchanged() -> None:
    snapshot = compiled(LISTS + "rules: [{name: x, when: {direction: inbound}, action: {tag_subject: y}}]")

    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot


def test_what_a_tenant_can_show_reaches_the_edge() -> None:
    digits = "AB:" * 31 + "AB"
    snapshot = compiled(
        "language: nl\n"
        "antispam: {greylisting: true}\n"
        "outbound:\n"
        "  similar_messages: hold\n"
        "  proofs:\n"
        f"    certificates: ['{digits}']\n"
        "    certificate_names: [Mail.Customer.example]\n"
        "    header_tokens: [{name: X-Acme-Proof, value: 0123456789abcdef}]\n"
    )

    proofs = snapshot.outbound_proofs
    assert proofs.certificates == {"ab" * 32}
    assert proofs.certificate_names == {"mail.customer.example"}
    assert [(token.name, token.value) for token in proofs.header_tokens] == [
        ("X-Acme-Proof", "0123456789abcdef")
    ]
    assert (snapshot.language, snapshot.greylisting) == ("nl", True)
    assert snapshot.similar_messages is ExcessAction.HOLD
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot
    assert not compiled().outbound_proofs.header_tokens


@pytest.mark.parametrize(
    ("proof", "problem"),
    [
        ("certificates: [abcd]", "not a SHA-256 fingerprint"),
        ("header_tokens: [{name: Subject, value: 0123456789abcdef}]", 'begins with "X-"'),
        ("header_tokens: [{name: X-Proof, value: short}]", "16 to 200"),
        ("header_tokens: [{name: X-Proof, value: '0123456789 abcdef'}]", "no blank"),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(proof: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        compiled(f"outbound: {{proofs: {{{proof}}}}}\n")
