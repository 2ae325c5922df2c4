"""One document is the whole configuration: read with all its errors at once, written in one way."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.tenants.choices import DmarcAction, MailAction, MalwareAction, Sensitivity
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.remarks import DocumentError
from lazaretto.tenants.sections import Route

MINIMAL = """\
version: 1
tenant: acme
domains:
  customer.example:
    routes: [{host: 127.0.0.1, port: 2626}]
address_registration: enforce
addresses: [alice@customer.example, bob@customer.example]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as failure:
        parse_document(text, "customer.yaml")
    return str(failure.value).split("\n")


def test_the_minimal_document_is_valid() -> None:
    document = parse_document(MINIMAL, "customer.yaml")

    assert document.tenant == "acme"
    assert document.domains["customer.example"].routes == (Route(host="127.0.0.1", port=2626),)
    assert document.addresses == ("alice@customer.example", "bob@customer.example")


def test_sending_addresses_and_protected_names_are_two_more_lines() -> None:
    text = MINIMAL + 'outbound: {senders: [192.0.2.0/28]}\nprotected_names: ["Élise Dupont"]\n'

    document = parse_document(text, "customer.yaml")

    assert document.outbound.senders == ("192.0.2.0/28",)
    assert document.protected_names == ("Élise Dupont",)


def test_what_is_left_out_is_the_best_practice_profile() -> None:
    document = parse_document("tenant: acme\n", "customer.yaml")

    assert document.max_message_size == 50
    assert document.antimalware.malware is MalwareAction.QUARANTINE
    antispam = document.antispam
    assert antispam.approved_ips and antispam.approved_addresses
    for name in ("blocked_ips", "blocked_addresses", "spf", "dynamic_ip", "signatures"):
        assert getattr(antispam, name) is MailAction.BLOCK_AND_DELETE
    assert antispam.spam is MailAction.TAG_SUBJECT
    assert antispam.dmarc is DmarcAction.BY_POLICY
    assert antispam.sensitivity is Sensitivity.STANDARD
    assert antispam.subject_tags.spam == "[SPAM] "


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "tenant: a\n\nadresses: []\n",
            'customer.yaml:3: unknown key "adresses" in tenant; did you mean "addresses"?',
        ),
        (
            "tenant: a\nantispam: {spm: off}\n",
            'customer.yaml:2: unknown key "spm" in antispam; did you mean "spam"?',
        ),
        ("version: 1\n", 'customer.yaml:1: the key "tenant" is missing in tenant; add it'),
        ("version: 2\ntenant: a\n", 'customer.yaml:1: version: "2" is too large; the most is 1'),
        ("tenant: A B\n", 'use lower-case letters, digits, ".", "_" and "-"'),
        ("tenant: a\naddresses: x@y.example\n", "customer.yaml:2: addresses: it must be a list"),
        (
            "tenant: a\naddresses:\n - x@y.example\n - x\n",
            'customer.yaml:4: addresses[2]: "x" is not a mail address',
        ),
        ("tenant: a\nmax_message_size: 1001\n", '"1001" is too large; the most is 1000'),
        ("tenant: a\nmax_message_size: 0\n", '"0" is too small; the least is 1'),
        ("tenant: a\nmax_message_size: big\n", '"big" is not a whole number'),
        ("tenant: a\nsuspended: maybe\n", '"maybe" is neither true nor false'),
        ("tenant: a\nantispam: off\n", "it must be a group of settings"),
        ("tenant: a\nantispam: {spam: eat}\n", '"eat" is not possible; choose one of off, log, add-header,'),
        (
            "tenant: a\nantimalware: {malware: tag-subject}\n",
            "choose one of quarantine, delete, block-and-delete",
        ),
        (
            "tenant: a\noutbound: {senders: [192.0.2.1/24]}\n",
            "has bits set behind the prefix; write 192.0.2.0/24",
        ),
        ("tenant: a\noutbound: {senders: [home]}\n", '"home" is not a network'),
        ("tenant: a\napproved_senders: [{entry: x.example, expires: soon}]\n", '"soon" is not a date'),
        ("tenant: a\nrules: [{name: x, when: {symbols: spf}, action: {}}]\n", '"spf" is not a symbol'),
        ("tenant: a\nrules: [{name: x, when: {}, action: {disposition: eat}}]\n", '"eat" is not possible'),
        ("tenant: a\nrules: [{name: x, when: {}, action: {disposition: redirect}}]\n", "add redirect_to"),
        (
            "tenant: a\nrules: [{name: x, when: {}, action: {add_header: {name: To, value: x}}}]\n",
            'begins with "X-"',
        ),
        ('tenant: a\nantispam: {subject_tags: {spam: "a\\nb"}}\n', "one line of printable characters"),
        ("tenant: a\ndomains: {localhost: {}}\n", '"localhost" is not a domain'),
        ("tenant: a\ndomains: {x.example: {routes: [{host: 'a b'}]}}\n", '"a b" is not a host'),
        (
            "tenant: a\nantimalware: {encrypted: redirect}\n",
            "customer.yaml:2: antimalware.encrypted: nobody is named",
        ),
        ("tenant: a\nimpersonation: {user_names: redirect}\n", "add redirect_address to impersonation"),
        (
            "tenant: a\nimpersonation:\n  approved: {user_name: [x.example]}\n",
            'customer.yaml:3: unknown key "user_name" in impersonation.approved; did you mean "user_names"? '
            "known are every_method, user_names, similar_names, reply_names, colleague_names, "
            "lookalike_domains",
        ),
        (
            "tenant: a\nimpersonation: {approved: {own_domains: [x.example]}}\n",
            "known are every_method, user_names,",
        ),
        ("tenant: a\nimpersonation: {approved: {user_names: [192.0.2.1]}}\n", "is a network"),
        ("tenant: a\nimpersonation: {approved: {user_names: [Ann Lee]}}\n", '"Ann Lee" is not a domain'),
        (
            "tenant: a\nimpersonation: {approved: {lookalike_domains: [ann@x.example]}}\n",
            '"ann@x.example" is not a domain',
        ),
        (
            "tenant: a\noptions: {impersonation.approved.user_name: x.example}\n",
            "customer.yaml:2: options: impersonation.approved.user_name approves for no method; known are "
            "user_names, similar_names, reply_names, colleague_names, lookalike_domains",
        ),
        (
            "tenant: a\ngroups: {Sales: {settings: {impersonation: {approved: {user_names: []}}}}}\n",
            'unknown key "approved" in groups.Sales.settings.impersonation',
        ),
        ("- tenant: a\n", "it must be a list of settings"),
    ],
)
def test_each_mistake_is_told_in_one_sentence_with_what_to_do(text: str, problem: str) -> None:
    assert any(problem in told for told in problems(text))


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    told = problems("tenant: A\nmax_message_size: x\nwrong: 1\nantispam: {spam: x}\nsuspended: x\n")

    assert [each.split(":")[1] for each in told] == ["1", "2", "3", "4", "5"]


def test_a_file_that_is_something_else_is_not_told_line_by_line() -> None:
    told = problems("tenant: a\naddresses:\n" + "  - wrong\n" * 2000)

    assert len(told) == 501
    assert "1500 more errors follow" in told[-1]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("tenant: a\naddresses: [" + "é" * 1_000_000 + "@x.example]", id="address"),
        pytest.param('tenant: a\ndomains: {"' + "é." * 500_000 + 'example": {}}', id="domain"),
        pytest.param("tenant: a\noutbound: {senders: [" + "1" * 1_000_000 + "/1]}", id="network"),
        pytest.param('tenant: a\nadministrators: ["\\e[31mred@"]', id="colours for a terminal"),
        pytest.param("a: 1\n" * 100_000, id="one key a hundred thousand times"),
    ],
)
def test_hostile_values_are_told_briefly_in_plain_characters_and_at_once(text: str) -> None:
    started = time.process_time()

    told = problems(text)

    assert time.process_time() - started < 2
    assert len(told) <= 501
    assert all(len(each) < 700 and each.isprintable() for each in told)


@given(st.text("abc:-[]{}&*!|>'\"%@#?,\n \\é\x00", max_size=60))
def test_no_text_makes_reading_fail_in_another_way(text: str) -> None:
    with contextlib.suppress(DocumentError):
        parse_document("tenant: a\n" + text, "x")


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("Customer.EXAMPLE.", "customer.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_has_one_spelling(written: str, spelt: str) -> None:
    document = parse_document(f'tenant: a\ndomains: {{"{written}": {{}}}}\naddresses: ["x@{written}"]\n', "x")

    assert list(document.domains) == [spelt]
    assert document.addresses == (f"x@{spelt}",)


def test_the_export_is_sorted_and_leaves_defaults_out() -> None:
    text = """\
tenant: acme
addresses: [zoe@customer.example, Ann@customer.example, ann@customer.example]
domains:
  customer.example: {routes: [{host: b.example, preference: 20, port: 25}, {host: a.example}]}
  a.example: {}
approved_senders: [{entry: partner.example, reason: "", expires: 2026-12-31}, 192.0.2.1]
antispam: {spam: tag-subject, bulk: quarantine}
max_message_size: 50
"""

    assert (
        export_document(parse_document(text, "x"))
        == """\
version: 1
tenant: acme
domains:
  a.example: {}
  customer.example:
    routes:
      - host: a.example
      - host: b.example
        preference: 20
addresses:
  - Ann@customer.example
  - zoe@customer.example
approved_senders:
  - 192.0.2.1/32
  - entry: partner.example
    expires: "2026-12-31"
antispam:
  bulk: quarantine
"""
    )


def test_every_section_survives_export() -> None:
    text = """\
tenant: acme
administrators: [ann@customer.example]
suspended: true
strict_line_ends: yes
blocked_senders: [spammer.example, {entry: "*.junk.example", reason: "asked by Ann: 'no more'"}]
antimalware: {encrypted: tag-subject}
antispam: {thresholds: {spam: 4.5}, redirect_address: bulk@customer.example, subject_tags: {spam: "** "}}
impersonation: {user_names: quarantine}
rules:
  - name: "Invoices, from outside"
    when: {verdicts: [spam, bulk], symbols: [SPF_*], score_at_least: 2, recipients: accounts@customer.example}
    action:
      tag_subject: "[?] "
      add_header: {name: X-Check, value: "yes: twice"}
      copy_to: audit@customer.example
  - name: Elsewhere
    when: {direction: outbound}
    action: {redirect_to: boss@customer.example}
options: {a.b: "on"}
"""
    document = parse_document(text, "x")

    exported = export_document(document)

    assert parse_document(exported, "y") == document
    assert export_document(parse_document(exported, "y")) == exported


ADDRESSES = st.builds(
    "{}@{}".format,
    st.text("abcXYZ0.+-éß", min_size=1, max_size=8),
    st.sampled_from(["customer.example", "BÜCHER.example", "a.b.example"]),
)
NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).filter(
    str.isprintable
)


@given(
    st.lists(ADDRESSES, max_size=6),
    st.lists(NAMES, max_size=4),
    st.sampled_from(list(MailAction)),
    st.lists(st.sampled_from(["192.0.2.1", "2001:db8::/32", "x.example", "A@x.example"]), max_size=4),
)
def test_exporting_what_was_exported_gives_the_same_octets(
    addresses: list[str], names: list[str], action: MailAction, senders: list[str]
) -> None:
    document = TenantDocument.model_validate(
        {
            "tenant": "acme",
            "addresses": addresses,
            "protected_names": names,
            "antispam": {
                "spam": action.value,
                "redirect_address": "bulk@customer.example",
                "bulk_address": "b@customer.example",
            },
            "blocked_senders": senders,
        }
    )

    exported = export_document(document)
    again = parse_document(exported, "x")

    assert again == document
    assert export_document(again) == exported
