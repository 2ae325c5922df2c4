"""A TLS report as a message (RFC 8460 §5.3)."""

from __future__ import annotations

import gzip
from base64 import encodebytes
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.identity import PLATFORM, MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.protocol.tls_report import TlsReport, written

_REPORTS: Final = UUID("8e1c1a6e-6a53-4d84-9b9a-7ad7f3b2c5f1")
"""The name space of our reports' ids: the same report has the same id on every node."""


def packed(report: TlsReport) -> bytes:
    """Return ``report`` as gzip; the same report gives the same octets."""
    return gzip.compress(written(report), mtime=0)


def report_id(domain: str, began: datetime, submitter: str) -> str:
    """Return the id of the report about one day of ``domain``."""
    return f"{began:%Y-%m-%d}.{domain}@{submitter}"


def mail_of(
    report: TlsReport, domain: str, recipient: str, *, author: str, submitter: str, now: datetime
) -> ComposedMessage:
    """Return the message that carries ``report`` about ``domain`` to ``recipient``; twice is once."""
    identity = MessageId(uuid5(_REPORTS, f"{report.id} {recipient}"))
    message_id = f"<{identity}@{submitter}>"
    subject = f"Report Domain: {domain} Submitter: {submitter} Report-ID: <{report.id}>"
    boundary = f"=_{identity.hex}"
    name = f"{submitter}!{domain}!{_seconds(report.began)}!{_seconds(report.ended)}!001.json.gz"
    lines = (
        f"Date: {format_datetime(now)}",
        f"From: <{author}>",
        f"To: <{recipient}>",
        f"Subject: {subject}",
        f"Message-ID: {message_id}",
        f"TLS-Report-Domain: {domain}",
        f"TLS-Report-Submitter: {submitter}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is an aggregate TLS report from {submitter} about mail to {domain},",
        f"from {report.began:%Y-%m-%d %H:%M:%S} to {report.ended:%Y-%m-%d %H:%M:%S} UTC.",
        "",
        f"--{boundary}",
        f'Content-Type: application/tlsrpt+gzip;\r\n name="{name}"',
        f'Content-Disposition: attachment;\r\n filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        encodebytes(packed(report)).decode("ascii").rstrip("\n").replace("\n", "\r\n"),
        f"--{boundary}--",
        "",
    )
    return ComposedMessage(
        id=identity,
        tenant=PLATFORM,
        reverse_path="",
        recipients=(recipient,),
        octets="\r\n".join(lines).encode("ascii"),
        subject=subject,
        message_id=message_id,
    )


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
