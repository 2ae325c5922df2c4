"""Questions about header, links, bulk mail and conversations: letters that have it, and that nearly have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import AuthResult, Dmarc, Facts
from lazaretto.detect.brands import brands
from lazaretto.detect.content.bulk import CHECKS as BULK
from lazaretto.detect.content.bulk import Bulk
from lazaretto.detect.content.conversation import CHECKS as CONVERSATION
from lazaretto.detect.content.conversation import Conversation
from lazaretto.detect.content.header_checks import CHECKS as HEADER
from lazaretto.detect.content.header_checks import HeaderChecks
from lazaretto.detect.content.rules import rules
from lazaretto.detect.links.link_checks import CHECKS as LINKS
from lazaretto.detect.links.link_checks import LinkChecks
from lazaretto.mail.scanner import view_of
from tests.unit.detect.test_relations import FOUND as RELATIONS
from tests.unit.detect.test_relations import HONEST

FACTS = Facts(
    received_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
    client=Client(ip="192.0.2.1"),
    reverse_path="tom@sender.example",
    recipients=("anna@customer.example",),
    dmarc=Dmarc(result=AuthResult.PASS, domain="sender.example"),
)
LOOKING = (HeaderChecks(), LinkChecks(), Bulk(), Conversation())
HOP = "from a by b; Mon, 1 Jun 2026 10:00:05 +0000"
QUOTED = "> one\r\n> two\r\n> three\r\n> four\r\nyes"


def letter(text: str = "Hello Anna", **fields: str) -> bytes:
    """Return a letter whose fields are replaced by ``fields``, or left out where they are ``-``."""
    given = {
        "From": "Tom Hart <tom@sender.example>",
        "To": "Anna <anna@customer.example>",
        "Subject": "Minutes of May",
        "Date": "Mon, 1 Jun 2026 10:00:00 +0000",
        "Message-ID": "<1@sender.example>",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value != "-")
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


def page(*links: str, shown: str = "our site") -> bytes:
    body = "".join(f'<p>Good day</p><a href="{each}">{shown}</a>' for each in links)
    return letter(f"<html>{body}</html>").replace(b"text/plain", b"text/html")


def forged(name: bytes, value: bytes) -> bytes:
    return letter(**{name.decode(): "HERE"}).replace(b"HERE", value)


CASES: dict[str, tuple[tuple[bytes, bytes], tuple[bytes, bytes]]] = {
    "HEADER_NO_DATE": (
        (letter(Date="-"), letter("other", Date="-", Subject="x")),
        (letter(), letter(Date="soon")),
    ),
    "HEADER_NO_MESSAGE_ID": (
        (letter(Message_ID="-"), letter("other", Message_ID="-")),
        (letter(), letter(Message_ID="odd")),
    ),
    "HEADER_NO_RECIPIENT": (
        (letter(To="-"), letter("other", To="-", Bcc="x@y.example")),
        (letter(), letter(To="-", Cc="anna@customer.example")),
    ),
    "HEADER_NO_AUTHOR": (
        (letter(From="-"), letter(From="-", Sender="tom@sender.example")),
        (letter(), letter(From="tom@sender.example")),
    ),
    "HEADER_RAW_OCTETS": (
        (forged(b"Subject", b"caf\xe9 today"), forged(b"From", b"Ren\xe9 <tom@sender.example>")),
        (letter(Subject="café today"), letter(Subject="=?iso-8859-1?q?caf=E9?=")),
    ),
    "DATE_MALFORMED": (
        (letter(Date="yesterday"), letter(Date="2026/06/01")),
        (letter(), letter(Date="1 Jun 2026 10:00:00")),
    ),
    "DATE_STALE": (
        (
            letter(Received=HOP, Date="Mon, 4 May 2026 10:00:00 +0000"),
            letter(Received=HOP, Date="Wed, 1 Jan 2020 10:00:00 +0000"),
        ),
        (letter(Received=HOP), letter(Received=HOP, Date="Mon, 1 Jun 2026 03:00:00 +0000")),
    ),
    "DATE_AHEAD": (
        (letter(Date="Wed, 1 Jul 2026 10:00:00 +0000"), letter(Date="Tue, 1 Jan 2030 10:00:00 +0000")),
        (letter(), letter(Date="Mon, 1 Jun 2026 13:00:00 +0000")),
    ),
    "FROM_NAME_OTHER_ADDRESS": (
        (
            letter(From='"boss@customer.example" <x@elsewhere.test>'),
            letter(From='"Help (help@bank.test)" <tom@sender.example>'),
        ),
        (
            letter(From='"tom@sender.example" <tom@sender.example>'),
            letter(From='"tom@sender.example" <t@m.sender.example>'),
        ),
    ),
    "FROM_RANDOM_LOCAL": (
        (letter(From="<tom123456@sender.example>"), letter(From="<xkcdqwrtz@sender.example>")),
        (letter(From="<tom1984@sender.example>"), letter(From="<tom+123456@sender.example>")),
    ),
    "FROM_FREEMAIL": (
        (letter(From="tom@gmail.com"), letter(From="Tom <tom@hotmail.com>")),
        (letter(), letter(From="tom@gmail.com.sender.example")),
    ),
    "REPLY_TO_FREEMAIL": (
        (letter(Reply_To="tom.hart@gmail.com"), letter(Reply_To="Claims <claims@hotmail.com>")),
        (
            letter(Reply_To="office@sender.example"),
            letter(Reply_To="x@gmail.com", List_Id="<l.sender.example>"),
        ),
    ),
    "REPLY_TO_OTHER_MAILBOX": (
        (
            letter(From="tom@gmail.com", Reply_To="agent7@gmail.com"),
            letter(From="a@hotmail.com", Reply_To="b@hotmail.com"),
        ),
        (letter(From="tom@gmail.com", Reply_To="tom@gmail.com"), letter(Reply_To="b@hotmail.com")),
    ),
    "SUBJECT_EMPTY": (
        (letter(Subject="-"), letter(Subject=" ")),
        (letter(), letter(Subject="?")),
    ),
    "SUBJECT_CAPITALS": (
        (letter(Subject="URGENT ANSWER NEEDED"), letter(Subject="YOUR MAILBOX IS FULL NOW")),
        (letter(Subject="NATO meeting"), letter(Subject="RFC5321COMPLIANCE")),
    ),
    "SUBJECT_MARKS": (
        (letter(Subject="Win now!!"), letter(Subject="Earn $$$ today")),
        (letter(Subject="Lunch?"), letter(Subject="Wow! A report")),
    ),
    "SUBJECT_PICTOGRAM": (
        (letter(Subject="🎁 for you"), letter(Subject="hot deal ✅")),
        (letter(Subject="for you"), letter(Subject="naïve € 5")),
    ),
    "SUBJECT_NEEDLESSLY_ENCODED": (
        (
            letter(Subject="=?utf-8?b?UGxlYXNlIHJlYWQ=?="),
            letter(Subject="=?us-ascii?B?V2luIG1vbmV5IG5vdw==?="),
        ),
        (letter(Subject="=?utf-8?b?Q2Fmw6kgdG9kYXk=?="), letter(Subject="=?utf-8?q?Please_read?=")),
    ),
    "SUBJECT_NAMES_RECIPIENT": (
        (
            letter(Subject="Notice for anna@customer.example"),
            letter(Subject="ANNA@customer.example: storage"),
        ),
        (letter(Subject="Notice for anna"), letter(Subject="Notice for bob@customer.example")),
    ),
    "SUBJECT_FAKE_REPLY": (
        (letter(Subject="Re: invoice"), letter(Subject="Fwd: your request")),
        (letter(Subject="Re: invoice", In_Reply_To="<0@x.example>"), letter(Subject="Report: May")),
    ),
    "HEADER_HIDDEN_CHARACTERS": (
        (letter(Subject="pay\u200bpal"), letter(From="=?utf-8?q?A=C2=ADdmin?= <tom@sender.example>")),
        (letter(Subject="pay pal"), letter(Subject="été")),
    ),
    "HEADER_DECORATED_LETTERS": (
        (letter(Subject="P\u0336a\u0336y\u0336"), letter(Subject="w\u20d2i\u20d2n\u20d2")),
        (letter(Subject="Vie\u0323t Na\u0302m"), letter(Subject="Ångström")),
    ),
    "HEADER_MIXED_SCRIPTS": (
        (letter(Subject="Рaypal notice"), letter(Subject="your ассount")),
        (letter(Subject="Привет Anna"), letter(Subject="Ελλάδα report")),
    ),
    "TO_UNDISCLOSED": (
        (letter(To="undisclosed-recipients:;"), letter(To="Recipients")),
        (letter(), letter(To="recipients@customer.example")),
    ),
    "TO_IS_AUTHOR": (
        (letter(To="tom@sender.example"), letter(To="Tom <TOM@sender.example>")),
        (letter(), letter(To="tom@sender.example", Cc="anna@customer.example")),
    ),
    "TO_MANY": (
        (
            letter(To=", ".join(f"a{n}@customer.example" for n in range(16))),
            letter(To=", ".join(f"<b{n}@other.example>" for n in range(40))),
        ),
        (letter(), letter(To=", ".join(f"a{n}@customer.example" for n in range(15)))),
    ),
    "MAILER_MASS_PROGRAM": (
        (letter(X_Mailer="PHPMailer 5.2"), letter(User_Agent="SendBlaster.4")),
        (letter(X_Mailer="Apple Mail (2.3)"), letter(User_Agent="Mozilla Thunderbird")),
    ),
    "MAILER_SCRIPT": (
        (letter(X_PHP_Originating_Script="33:a.php"), letter(X_Source_Args="/usr/bin/php x.php")),
        (letter(), letter(X_Source="")),
    ),
    "MESSAGE_ID_MALFORMED": (
        (letter(Message_ID="12345"), letter(Message_ID="<a b@sender.example>")),
        (letter(), letter(Message_ID="<1.2-x@sender.example> (added by mail)")),
    ),
    "PRIORITY_HIGH": (
        (letter(X_Priority="1 (Highest)"), letter(Importance="High")),
        (letter(X_Priority="3"), letter(Importance="low")),
    ),
    "URL_IP_HOST": (
        (page("http://8.8.8.8/a"), page("https://1.1.1.1:8080/x")),
        (page("http://192.168.1.1/admin"), page("https://host8.8.8.8.example/")),
    ),
    "URL_SHORTENER": (
        (page("https://bit.ly/abc"), page("http://www.tinyurl.com/x")),
        (page("https://bit.ly.sender.example/abc"), page("https://sender.example/bit.ly")),
    ),
    "URL_USERINFO": (
        (page("https://paypal.com@evil.test/"), page("http://www.bank.example:x@evil.test/a")),
        (page("https://tom@sender.example/"), page("https://sender.example/@tom.hart")),
    ),
    "URL_PUNYCODE": (
        (page("https://xn--pypal-4ve.test/"), page("http://www.xn--mnchen-3ya.test/a")),
        (page("https://paypal.test/"), page("https://sender.example/xn--a")),
    ),
    "URL_BORROWED_BRAND": (
        (page("https://paypal.secure-login.test/"), page("https://microsoft-support.evil.test/a")),
        (page("https://www.paypal.com/a"), page("https://sender.example/paypal")),
    ),
    "URL_FREE_HOST": (
        (page("https://login.weebly.com/"), page("https://x.appspot.com/a")),
        (page("https://sender.example/"), page("https://sender.example/weebly.com")),
    ),
    "URL_CHEAP_END": (
        (page("https://offers.top/a"), page("http://a.b.xyz/")),
        (page("https://top.example/"), page("https://sender.example/a.top")),
    ),
    "URL_REDIRECTOR": (
        (
            page("https://www.google.com/url?q=https://evil.test"),
            page("https://l.facebook.com/l.php?u=http%3A%2F%2Fevil.test"),
        ),
        (page("https://www.google.com/search"), page("https://sender.example/url?q=https://a.test")),
    ),
    "URL_NAMES_RECIPIENT": (
        (page("https://a.test/x#anna@customer.example"), page("https://a.test/#u=anna%40customer.example")),
        (
            page("https://a.test/?unsubscribe=anna@customer.example"),
            page("https://a.test/#bob@customer.example"),
        ),
    ),
    "URL_ODD_PORT": (
        (page("https://a.test:4444/"), page("http://a.test:81/x")),
        (page("https://a.test:443/"), page("https://a.test/:81")),
    ),
    "URL_RUNNABLE": (
        (page("https://a.test/setup.exe"), page("http://a.test/x.iso?d=1")),
        (page("https://a.test/setup.html"), page("https://a.exe.test/")),
    ),
    "URL_DEEP_HOST": (
        (page("https://a.b.c.d.e.test/"), page("http://1.2.3.4.5.6.evil.test/x")),
        (page("https://a.b.c.test/"), page("https://sender.example/a.b.c.d.e.f")),
    ),
    "URL_RANDOM_HOST": (
        (page("https://a1b2c3d4e5.test/"), page("http://xkcdqwrtz.test/")),
        (page("https://sender.example/a1b2c3d4e5"), page("https://route66cafe.test/")),
    ),
    "LINK_LYING_TEXT": (
        (
            page("https://evil.test/a", shown="https://www.bank.example/login"),
            page("http://evil.test", shown="bank.com"),
        ),
        (page("https://www.bank.com/a", shown="bank.com"), page("https://click.test/a", shown="our bank")),
    ),
    "LINK_SCRIPT_TARGET": (
        (page("javascript:alert(1)"), page("data:text/html,hello")),
        (page("https://a.test/javascript:x"), page("mailto:tom@sender.example")),
    ),
    "BULK_LIST_UNSUBSCRIBE": (
        (letter(List_Unsubscribe="<https://a.test/u>"), letter(List_Unsubscribe="<mailto:u@a.test>")),
        (letter(), letter(List_Unsubscribe="<https://a.test/u>", List_Post="<mailto:l@a.test>")),
    ),
    "BULK_PRECEDENCE": (
        (letter(Precedence="bulk"), letter(Precedence="Junk")),
        (letter(Precedence="list"), letter(Precedence="bulk", List_Post="<mailto:l@a.test>")),
    ),
    "BULK_CAMPAIGN": (
        (letter(Feedback_ID="1:2:3"), letter(X_Campaign="may")),
        (letter(), letter(X_Campaigner="Tom")),
    ),
    "TEXT_LONG": (
        (letter("word " * 1_200), page("https://a.test/", shown="word " * 1_200)),
        (letter("word " * 900), letter(Subject="word " * 100)),
    ),
    "THREAD_ANSWER": (
        (letter(QUOTED, In_Reply_To="<0@x.example>"), letter(QUOTED, References="<0@x.example>")),
        (letter(QUOTED), letter("> one\r\nyes", In_Reply_To="<0@x.example>")),
    ),
    "TRANSACTION_VOUCHED": (
        (letter(Subject="Your order 4711"), letter("Your verification code is 1234")),
        (letter("About the order of things"), letter(From="tom@other.example", Subject="Your order 4711")),
    ),
}  # fmt: skip


def is_found(symbol: str, octets: bytes, facts: Facts = FACTS) -> bool:
    view = view_of(octets)
    return any(finding.symbol == symbol for each in LOOKING for finding in each.look(view, facts, None))


@pytest.mark.parametrize("symbol", CASES)
def test_a_question_is_answered_yes_and_no(symbol: str) -> None:
    positive, negative = CASES[symbol]

    assert [is_found(symbol, octets) for octets in positive] == [True, True]
    assert [is_found(symbol, octets) for octets in negative] == [False, False]


def test_an_order_for_which_nobody_vouches_is_none() -> None:
    unvouched = replace(FACTS, dmarc=Dmarc())

    assert not is_found("TRANSACTION_VOUCHED", letter(Subject="Your order 4711"), unvouched)


def test_every_question_has_its_letters() -> None:
    assert set(CASES) == {check.symbol.name for check in (*HEADER, *LINKS, *BULK, *CONVERSATION)}


def test_at_least_three_hundred_rules_have_two_examples_on_both_sides() -> None:
    """Counted are only those whose examples are looked at by a test of this folder."""
    with_examples = [rule.name for rule in rules() if min(len(rule.positive), len(rule.negative)) >= 2]
    related = [name for name, letters in RELATIONS.items() if len(letters) >= 2 and len(HONEST) >= 2]

    assert len({*with_examples, *related, *CASES}) >= 300


def test_at_least_two_hundred_brands_are_known_by_name_and_host() -> None:
    assert len([each for each in brands() if each.spellings and each.hosts]) >= 200
