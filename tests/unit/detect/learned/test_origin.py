"""What a mailing list adds to a letter says nothing about the letter."""

from __future__ import annotations

from lazaretto.detect.learned.habits import habits_of
from lazaretto.detect.learned.origin import own_parts, own_urls, writer_of
from lazaretto.detect.learned.shape import shape_of
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView

BODY = b"Dear customer, confirm here: https://secure.cheap.example/login"
FOOTER = (
    b"_______________________________________________\r\nUsers mailing list\r\n"
    b"https://lists.community.example/listinfo/users\r\n"
)


def direct() -> MessageView:
    return view_of(
        b"From: Bank <info@cheap.example>\r\nSubject: Confirm\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        b"<p>" + BODY + b"</p>\r\n--b--\r\n"
    )


def through_a_list() -> MessageView:
    return view_of(
        b"From: Bank via Users <users@lists.community.example>\r\nReply-To: Bank <info@cheap.example>\r\n"
        b"Subject: [Users] Confirm\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>" + BODY + b"</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\n" + FOOTER + b"--b--\r\n"
    )


def test_the_writer_is_found_behind_a_list() -> None:
    assert str(writer_of(through_a_list()).address) == "info@cheap.example"  # type: ignore[union-attr]
    assert str(writer_of(direct()).address) == "info@cheap.example"  # type: ignore[union-attr]


def test_links_of_a_list_and_its_footer_are_not_the_writers() -> None:
    message = through_a_list()

    assert {url.host for url in own_urls(message)} == {"secure.cheap.example"}
    assert [part.content_type for part in own_parts(message)] == ["multipart/mixed", "text/html"]


def test_a_second_text_that_is_no_footer_stays() -> None:
    message = view_of(
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>one</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n"
    )

    assert len(own_parts(message)) == 3


def test_a_lure_through_a_list_is_not_excused_for_links_to_the_list() -> None:
    features = shape_of(through_a_list())

    assert not {"u#own some", "u#own all"} & features - {
        f for f in shape_of(direct()) if f.startswith("u#own")
    }


def test_neither_countries_nor_names_nor_recipients_are_features() -> None:
    message = view_of(
        b"From: Kees de Wit <kees@firm.nl>\r\nTo: Bob <bob@customer.example>\r\nSubject: Hallo\r\n"
        b"Date: Mon, 1 Jun 2026 10:00:00 +0200\r\nMessage-ID: <1@firm.nl>\r\n\r\nhttps://firm.nl/\r\n"
    )
    features = shape_of(message) | habits_of(message)

    assert not [
        f for f in features if "kees" in f or "+0200" in f or f.startswith("tn:") or f.endswith(" nl")
    ]
