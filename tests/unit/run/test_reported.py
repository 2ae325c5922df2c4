"""A mailed report is about what is attached to it, and counts only from the tenant's own people."""

from __future__ import annotations

from email.message import EmailMessage

from lazaretto.core.identity import TenantId
from lazaretto.run.reported import MOST_MESSAGES, reported_in, reporter_of
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

TEXT = """\
version: 1
tenant: acme
domains: {customer.example: {routes: [{host: 127.0.0.1}]}}
addresses: [bob@customer.example]
aliases: {sales@customer.example: bob@customer.example}
"""
SNAPSHOT = compile_snapshot(parse_document(TEXT, "acme"), TenantId(7), 1)


def a_report(author: str = "Bob <Bob@customer.example>", messages: int = 1) -> EmailMessage:
    report = EmailMessage()
    report["From"], report["Subject"] = author, "Spam"
    report.set_content("See attached.\n")
    for number in range(messages):
        inner = EmailMessage()
        inner["Message-ID"] = f"<{number}@evil.example>"
        inner.set_content("Win!\n")
        report.add_attachment(inner)
    return report


def test_attached_messages_are_what_it_is_about() -> None:
    reported = reported_in(a_report(messages=2).as_bytes())

    assert [each.about for each in reported] == ["<0@evil.example>", "<1@evil.example>"]
    assert all(b"Win!" in each.octets for each in reported)


def test_a_message_that_was_saved_as_a_file_counts_as_well() -> None:
    report = a_report(messages=0)
    octets = b"Message-ID: <1@evil.example>\r\n\r\nWin!\r\n"
    report.add_attachment(octets, maintype="application", subtype="octet-stream", filename="Fwd spam.EML")

    assert [each.about for each in reported_in(report.as_bytes())] == ["<1@evil.example>"]


def test_a_report_is_bounded() -> None:
    assert len(reported_in(a_report(messages=30).as_bytes())) == MOST_MESSAGES


def test_one_without_any_message_is_about_nothing() -> None:
    assert reported_in(a_report(messages=0).as_bytes()) == ()


def test_only_the_tenants_own_people_are_heard_by_their_mailbox() -> None:
    assert reporter_of(a_report().as_bytes(), SNAPSHOT) == "bob@customer.example"
    assert reporter_of(a_report("sales@customer.example").as_bytes(), SNAPSHOT) == "bob@customer.example"
    for stranger in ("eve@evil.example", "nobody@customer.example", "undisclosed"):
        assert reporter_of(a_report(stranger).as_bytes(), SNAPSHOT) == ""
