"""Words and form of a message as features."""

from __future__ import annotations

from lazaretto.detect.learned.grammar import is_grammar
from lazaretto.detect.learned.shape import shape_of, size_class
from lazaretto.detect.learned.words import FIRST, LAST, words_of
from lazaretto.mail.scanner import view_of

HEAD = b"From: Ann <ann@sender.example>\r\nSubject: Your Prize\r\n"


def test_words_come_alone_in_pairs_and_once_more_for_the_subject() -> None:
    found = words_of(view_of(HEAD + b"\r\nClaim it NOW\r\n"))
    assert found == {"claim", "it", "now", "claim it", "it now", "s:your", "s:prize", "s:your prize"}


def test_numbers_are_all_alike() -> None:
    one = words_of(view_of(b"\r\npay 12,50 now\r\n"))
    assert one == words_of(view_of(b"\r\npay 99.999 now\r\n"))


def test_disguised_letters_are_read_as_people_read_them() -> None:
    plain = words_of(view_of(b"\r\nverify your account\r\n"))
    disguised = "v\u0435rify y\u043eur acc\u00f3unt"
    head = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    assert words_of(view_of(head + disguised.encode())) == plain


def test_the_middle_of_a_long_text_is_not_read() -> None:
    text = " ".join(f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(3000))
    found = words_of(view_of(b"\r\n" + text.encode()))
    assert len(found) <= 2 * (FIRST + LAST)


def test_what_the_reader_of_html_does_not_see_does_not_count() -> None:
    page = b'<p>Dear customer, your parcel is here</p><div style="display:none">fence planks</div>'
    found = words_of(view_of(b"Content-Type: text/html\r\n\r\n" + page))
    assert "parcel" in found
    assert "planks" not in found


def test_recipients_transport_and_dates_leave_no_trace() -> None:
    more = (
        b"Received: from a by b\r\nDelivered-To: bob@list.example\r\nTo: bob@list.example\r\n"
        b"List-Id: <fence.list.example>\r\nX-Collector: trap\r\n"
    )
    assert shape_of(view_of(HEAD + b"\r\nhello\r\n")) == shape_of(view_of(more + HEAD + b"\r\nhello\r\n"))


def test_a_link_to_the_senders_own_host_is_told_from_one_to_a_stranger() -> None:
    own = shape_of(view_of(HEAD + b"\r\nsee https://www.sender.example/a\r\n"))
    strange = shape_of(view_of(HEAD + b"\r\nsee https://elsewhere.example/a\r\n"))
    assert "u#own all" in own - strange
    assert "u#own none" in strange - own


def test_counts_are_told_on_a_scale_that_doubles() -> None:
    assert [size_class(n) for n in (0, 1, 2, 3, 7, 8)] == ["0", "1", "2", "2", "4", "8"]


def test_words_that_only_tell_the_language_are_known_as_such() -> None:
    assert is_grammar("und")
    assert is_grammar("s:vous avez")
    assert not is_grammar("votre colis")
    assert not is_grammar("we")
