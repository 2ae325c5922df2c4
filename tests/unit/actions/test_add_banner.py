"""Clean mail says that it was looked at, in its text and nowhere else, and what is sealed stays sealed."""

from __future__ import annotations

import base64
from email import message_from_bytes

import pytest

from lazaretto.actions.api import Occasion
from lazaretto.actions.catalogue.add_banner import WORDS, AddBanner
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice

SNAPSHOT = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={})
HEAD = b"From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def with_banner(message: bytes, language: str = "en") -> bytes:
    occasion = Occasion(
        view=view_of(message),
        verdict=Verdict.CLEAN,
        score=0.0,
        direction=Direction.INBOUND,
        snapshot=SNAPSHOT,
    )
    return b"".join(splice(message, AddBanner().change({"language": language}, occasion).splices))


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Content-Type: text/plain\r\n\r\nHello.\r\n", id="plain"),
        pytest.param(
            b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            b"Gr=C3=BC=C3=9Fe=\r\n!\r\n",
            id="quoted-printable",
        ),
        pytest.param(
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(b"<html><body><p>Hello</p></body></html>").replace(b"\n", b"\r\n"),
            id="base64",
        ),
    ],
)
def test_the_words_stand_in_the_text_once(language: str, body: bytes) -> None:
    changed = with_banner(HEAD + body, language)

    text = message_from_bytes(changed).get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.count(WORDS[language].encode()) == 1
    assert text.startswith(message_from_bytes(HEAD + body).get_payload(decode=True)[:5])  # type: ignore[index]
    assert with_banner(changed, language) == changed


def test_both_texts_of_an_alternative_get_the_words_and_attachments_none() -> None:
    message = HEAD + (
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n"
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\n"
        b"Hello\r\n"
        b"--a\r\nContent-Type: text/html\r\n\r\n<html><BODY>Hello</BODY></html>\r\n--a--\r\n"
        b"--m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=n.txt\r\n\r\nnotes\r\n"
        b"--m--\r\n"
    )

    plain, page, notes = [
        part for part in message_from_bytes(with_banner(message)).walk() if not part.is_multipart()
    ]

    assert WORDS["en"] in str(plain.get_payload())
    assert f"{WORDS['en']}</small></p>" in str(page.get_payload())
    assert str(page.get_payload()).rstrip().endswith("</BODY></html>")
    assert str(notes.get_payload()) == "notes"


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            HEAD
            + b"Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\n"
            b"Hi\r\n"
            b"--s\r\nContent-Type: application/pgp-signature\r\n\r\nxyz\r\n--s--\r\n",
            id="signed",
        ),
        pytest.param(HEAD + b"Content-Type: application/pkcs7-mime\r\n\r\nMIIB\r\n", id="encrypted"),
        pytest.param(
            HEAD + b"Content-Type: text/plain; charset=utf-16\r\n\r\nH\0i\0\r\n", id="wide characters"
        ),
    ],
)
def test_what_is_sealed_or_cannot_take_the_words_stays_as_it_is(message: bytes) -> None:
    assert with_banner(message) == message
