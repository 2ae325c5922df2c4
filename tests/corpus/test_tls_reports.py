"""TLS reports that large senders really sent are read."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazaretto.mail.scanner import view_of
from lazaretto.protocol.tls_report import read_report

FOLDER = "auth/auth-dmarc-parsedmarc/smtp_tls/"


@pytest.fixture(scope="module")
def samples(corpora: Path) -> dict[str, bytes]:
    """The samples by file name."""
    return dict(_samples(corpora))


def _samples(corpora: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(corpora / "auth.tar.xz") as archive:
        for member in archive:
            if member.isfile() and FOLDER in member.name and (file := archive.extractfile(member)):
                yield member.name.rpartition("/")[2], file.read()


@pytest.mark.parametrize(
    ("name", "organization", "domain", "successful", "failed"),
    [
        ("rfc8460.json", "Company-X", "company-y.example", 5326, 303),
        ("mail.ru.json", "Mail.ru", "example.com", 0, 1),
        ("smtp_tls.json", "Example Inc.", "example.com", 0, 3),
    ],
)
def test_a_sample_is_read(
    samples: dict[str, bytes], name: str, organization: str, domain: str, successful: int, failed: int
) -> None:
    report = read_report(samples[name])

    assert report.organization == organization
    (policy,) = report.policies
    assert (policy.domain, policy.successful, policy.failed) == (domain, successful, failed)
    assert policy.failures


def test_a_report_is_found_in_its_mail(samples: dict[str, bytes]) -> None:
    message = view_of(
        samples["google.com_smtp_tls_report.eml"].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    )
    (part,) = [each for each in message.parts if each.content_type == "application/tlsrpt+gzip"]

    report = read_report(part.decoded())

    assert report.organization == "Google Inc."
    assert [policy.domain for policy in report.policies] == ["cardinalhealth.ca"]
