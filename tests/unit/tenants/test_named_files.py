"""A document may name files for its large parts; together they are the document, octet by octet."""

from __future__ import annotations

import hashlib

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.named_files import in_files, with_files

DOCUMENT = export_document(
    parse_document(
        "tenant: acme\ndomains: {customer.example: {}}\n"
        f"addresses: [{', '.join(f'p{n}@customer.example' for n in range(50))}]\n"
        "aliases: {a@customer.example: p1@customer.example}\n"
        f"blocked_senders: [{', '.join(f's{n}.example' for n in range(40))}, "
        "{entry: t.example, reason: 'a: b'}]\n"
        "max_message_size: 60\n",
        "x",
    )
)


def apart() -> tuple[str, dict[str, bytes]]:
    text, files = in_files(DOCUMENT, "acme", 30)
    return text, dict(files)


def test_document_and_files_are_the_document_again() -> None:
    text, files = apart()

    assert sorted(files) == ["acme-addresses.yaml", "acme-blocked-senders.yaml"]
    assert len(text.splitlines()) < 20
    assert with_files(text, "x", files.__getitem__) == DOCUMENT
    assert in_files(DOCUMENT, "acme", 30) == (text, files)


def test_a_document_without_files_stays_as_it_is() -> None:
    assert in_files(DOCUMENT, "acme", 1_000) == (DOCUMENT, {})
    assert with_files(DOCUMENT, "x", {}.__getitem__) == DOCUMENT


def test_names_may_be_written_in_one_line_and_anywhere() -> None:
    text, files = apart()
    sums = [line.split()[1] for line in text.splitlines() if "sha256" in line]
    by_hand = (
        f"addresses: {{file: acme-addresses.yaml, sha256: {sums[0].upper()}}}\n"
        "# people who left\n"
        "tenant: acme\n"
        "domains: {customer.example: {}}\n"
        f"blocked_senders: {{sha256: {sums[1]}, file: acme-blocked-senders.yaml}}\n"
        "max_message_size: 60\naliases: {a@customer.example: p1@customer.example}"
    )

    whole = with_files(by_hand, "x", files.__getitem__)

    assert export_document(parse_document(whole, "x")) == DOCUMENT


def test_another_file_than_the_named_one_is_refused() -> None:
    text, files = apart()
    files["acme-addresses.yaml"] += b"- eve@customer.example\n"

    with pytest.raises(ConfigurationError, match=r"x:\d+: acme-addresses.yaml is not the file"):
        with_files(text, "x", files.__getitem__)


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", ".hidden", "a/b", ""])
def test_a_name_is_never_a_path(file: str) -> None:
    text = f"tenant: acme\naddresses: {{file: '{file}', sha256: '{'0' * 64}'}}\n"

    with pytest.raises(ConfigurationError, match="no plain file name"):
        with_files(text, "x", lambda _: b"- a\n")


def test_a_file_says_nothing_but_its_part() -> None:
    octets = b"- a@customer.example\nsuspended: true\n"
    text = f"tenant: acme\naddresses: {{file: a.yaml, sha256: '{hashlib.sha256(octets).hexdigest()}'}}\n"

    with pytest.raises(ConfigurationError, match="says more than addresses"):
        with_files(text, "x", lambda _: octets)


def test_a_document_in_one_line_cannot_name_files() -> None:
    text = f"{{tenant: acme, addresses: {{file: a.yaml, sha256: '{'0' * 64}'}}}}\n"

    with pytest.raises(ConfigurationError, match="a line of its own"):
        with_files(text, "x", lambda _: b"- a\n")
