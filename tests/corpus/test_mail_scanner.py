"""All real mail is read without an error, octet for octet, and as the standard library reads it.

Where the library finds a message well-formed and we find nothing to note, both must see the same
leaves.  A tenth of the mail is read by default, all of it with LAZARETTO_ALL_CORPORA.
"""

from __future__ import annotations

import csv
import email
import email.message
import gzip
import os
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lazaretto.mail.part import Part
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice
from lazaretto.mail.view import MessageView

pytestmark = pytest.mark.corpora

STEP = 1 if os.environ.get("LAZARETTO_ALL_CORPORA") else 10
SETS = (
    "bounces",
    "classic-hardham",
    "classic-spamassassin",
    "csdmc2010",
    "lists-auto",
    "lists-ham",
    "lists-spam",
    "phishing-pot",
    "transactional",
    "trec07",
)
AMBIGUOUS_HONEST_MAIL = 1 / 10_000
MESSAGES = ("message/rfc822", "message/global", "message/news")


class Message(NamedTuple):
    name: str
    octets: bytes


class Leaf(NamedTuple):
    content_type: str
    octets: bytes


def members(archive: Path, step: int) -> Iterator[Message]:
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            if member.isfile() and number % step == 0:
                file = tar.extractfile(member)
                assert file is not None
                yield Message(member.name, file.read())


def look(view: MessageView) -> None:
    """Ask for everything there is."""
    [field.decoded for field in view.header.fields]
    [(part.names, part.real_type) for part in view.parts]
    _ = view.subject, view.authors, view.text, view.html, view.urls, view.attachments, view.anomalies


def normal(octets: bytes | None) -> bytes:
    return (octets or b"").replace(b"\r\n", b"\n").rstrip(b"\n")


def is_report(content_type: str) -> bool:
    """Tell whether it is a leaf to us that the library takes apart as if it were a message."""
    return content_type.startswith("message/") and content_type not in MESSAGES


def leaves_of_library(octets: bytes) -> list[Leaf] | None:
    """Return the leaves as the library sees them; None when it finds the message defective."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pending: list[email.message.Message] = [email.message_from_bytes(octets)]
        found: list[Leaf] = []
        while pending:
            part = pending.pop(0)
            if is_report(part.get_content_type()):
                found.append(Leaf(part.get_content_type(), b""))
            elif part.is_multipart():
                pending[:0] = part.get_payload()  # type: ignore[assignment]
            else:
                # The library keeps what follows the type when the semicolon was forgotten.
                content_type = part.get_content_type().split()[0]
                found.append(Leaf(content_type, normal(part.get_payload(decode=True))))  # type: ignore[arg-type]
            if part.defects:
                return None
        return found


def leaf_of(part: Part) -> Leaf:
    return Leaf(part.content_type, b"" if is_report(part.content_type) else normal(part.decoded()))


@pytest.mark.parametrize("name", SETS)
def test_real_mail_is_read_without_an_error_and_kept_octet_for_octet(corpora: Path, name: str) -> None:
    for message in members(corpora / "mail" / f"{name}.tar.xz", STEP):
        look(view_of(message.octets))

        assert b"".join(splice(message.octets, ())) == message.octets, message.name


@pytest.mark.parametrize("name", SETS)
def test_well_formed_mail_has_the_leaves_that_the_library_sees(corpora: Path, name: str) -> None:
    compared = different = 0
    for message in members(corpora / "mail" / f"{name}.tar.xz", STEP):
        expected = leaves_of_library(message.octets)
        view = view_of(message.octets)
        if expected is None or view.anomalies:
            continue
        compared += 1
        seen = [leaf_of(part) for part in view.leaves]
        if seen != expected:
            different += 1
            print(
                message.name, [leaf.content_type for leaf in expected], [leaf.content_type for leaf in seen]
            )

    assert compared
    assert different <= compared // 500


def test_honest_mail_is_hardly_ever_ambiguous(corpora: Path) -> None:
    with gzip.open(corpora / "mail" / "labels.csv.gz", "rt", newline="") as file:
        honest = {(row["set"], row["id"]) for row in csv.DictReader(file) if row["label"].startswith("ham")}
    read = 0
    ambiguous: list[str] = []
    for name in SETS:
        for message in members(corpora / "mail" / f"{name}.tar.xz", STEP):
            if (name, Path(message.name).stem) in honest:
                read += 1
                if view_of(message.octets).is_ambiguous:
                    ambiguous.append(message.name)

    assert read > 1_000
    assert len(ambiguous) <= AMBIGUOUS_HONEST_MAIL * read, ambiguous
