"""Checks of how sender, text, links and brands fit: two letters each that have it, and honest ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.content.sender_checks import CHECKS as SENDER
from lazaretto.detect.content.sender_checks import SenderChecks
from lazaretto.detect.impersonation.brands import CHECKS as BRANDS
from lazaretto.detect.impersonation.brands import Brands
from lazaretto.detect.impersonation.threads import CHECKS as THREADS
from lazaretto.detect.impersonation.threads import Threads
from lazaretto.detect.links.relation_checks import CHECKS as RELATIONS
from lazaretto.detect.links.relation_checks import RelationChecks
from lazaretto.mail.scanner import view_of

FACTS = Facts(
    received_at=datetime(2026, 6, 1, tzinfo=UTC),
    client=Client(ip="192.0.2.1"),
    reverse_path="bounce@sender.example",
)
LOOKING = (SenderChecks(), Brands(), Threads(), RelationChecks())
LONG = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60))
OTHER = " ".join(f"thing{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60))


def letter(text: str = "Hello Anna", html: str = "", **fields: str) -> bytes:
    head = {
        "From": "Tom Hart <tom@sender.example>",
        "To": "Anna <anna@customer.example>",
        "Subject": "Minutes",
        "Date": "Mon, 1 Jun 2026 10:00:00 +0200",
        "Message-ID": "<1@sender.example>",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    kind = "text/html" if html else "text/plain"
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
    body = f"Content-Type: {kind}; charset=utf-8\r\n\r\n{html or text}\r\n"
    return (lines + body).encode()


def both(plain: str, page: str) -> bytes:
    return letter().replace(
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello Anna\r\n",
        f'Content-Type: multipart/alternative; boundary="x"\r\n\r\n--x\r\n\r\n{plain}\r\n--x\r\n'
        f"Content-Type: text/html\r\n\r\n<p>{page}</p>\r\n--x--\r\n".encode(),
    )


def link(target: str, shown: str = "here") -> str:
    return f'<p>Good day and welcome to our letter</p><a href="{target}">{shown}</a>'


def calendar(text: str) -> bytes:
    return letter().replace(
        b"text/plain; charset=utf-8\r\n\r\nHello Anna", b"text/calendar\r\n\r\n" + text.encode()
    )


HONEST = (
    letter(),
    letter(html=link("https://www.sender.example/minutes", "the minutes") + "<p>See you on Monday.</p>"),
    letter(
        From="PayPal <service@paypal.com>", Message_ID="<2@paypal.com>", Subject="Your receipt from PayPal"
    ),
    letter(
        text="> From: Bo <bo@partner.example>\n> hi\n\nThe date is fine.", In_Reply_To="<0@partner.example>"
    ),
    both(LONG, LONG),
    calendar("BEGIN:VCALENDAR\r\nSUMMARY:Project review\r\nEND:VCALENDAR"),
)

FOUND = {
    "FROM_STYLED_LETTERS": (letter(From="𝐏𝐚𝐲 𝐍𝐨𝐰 <a@b.example>"), letter(From="𝖬𝖾𝗍𝗋𝗈 <a@b.example>")),
    "SUBJECT_STYLED_LETTERS": (letter(Subject="𝗣𝗟𝗘𝗔𝗦𝗘 𝗖𝗢𝗡𝗙𝗜𝗥𝗠"), letter(Subject="𝘽𝙞𝙧𝙩𝙝 tests")),
    "TEXT_STYLED_LETTERS": (
        letter("𝕊𝕚𝕖 𝕙𝕒𝕓𝕖𝕟 𝕚𝕙𝕣 𝕃𝕚𝕞𝕚𝕥"),
        letter("ｆｕｌｌ ｗｉｄｔｈ ｌｅｔｔｅｒｓ ｈｅｒｅ"),
    ),
    "FROM_PICTOGRAM": (letter(From="Win 🎉 <a@b.example>"), letter(From="☕ Diet <a@b.example>")),
    "FROM_NAMES_RECIPIENT": (
        letter(From='"anna@customer.example" <a@b.example>'),
        letter(From="customer.example IT <a@b.example>"),
    ),
    "TEXT_GREETS_ADDRESS": (
        letter("Dear anna@customer.example, your mailbox"),
        letter(html="<p>anna@customer.example, you won</p>"),
    ),
    "TEXT_GREETS_LOCAL": (
        letter("Dear anna, verify", To="anna@customer.example"),
        letter("Hello anna, your account", To="<anna@customer.example>"),
    ),
    "FROM_TWICE": (
        letter(From="A <a@b.example>, A <a@b.example>"),
        letter(From="a@b.example, B <a@b.example>"),
    ),
    "FROM_SEVERAL": (letter(From="a@b.example, c@d.example"), letter(From="A <a@b.example>, C <c@d.test>")),
    "FROM_RANDOM_DOMAIN": (letter(From="a@4y5i06izgd.com"), letter(From="a@nvkhxjtrzw.net")),
    "FROM_DEEP_DOMAIN": (letter(From="a@a.b.c.d.example.com"), letter(From="a@s.u.p.p.o.example")),
    "REPLY_TO_ELSEWHERE": (letter(Reply_To="x@other.example"), letter(Reply_To="Tom <tom@else.test>")),
    "RETURN_PATH_ELSEWHERE": (letter(From="a@bank.example"), letter(From="a@shop.test")),
    "MESSAGE_ID_ELSEWHERE": (letter(Message_ID="<1@mta.other.net>"), letter(Message_ID="<x@host.test>")),
    "FREEMAIL_SENT_BY_OTHERS": (
        letter(From="a@gmail.com", Message_ID="<1@vps.host.net>"),
        letter(From="a@yahoo.com", Message_ID="<1@mail.other.org>"),
    ),
    "DATE_ODD_ZONE": (
        letter(Date="Mon, 1 Jun 2026 10:00:00 +0217"),
        letter(Date="Mon, 1 Jun 2026 10:00:00 -1900"),
    ),
    "SUBJECT_SPACED": (letter(Subject="V e r i f y now"), letter(Subject="c-r-e-d-i-t here")),
    "TEXT_LONG_GAP": (letter("Click" + "\r\n" * 30 + LONG), letter("Buy" + "\r\n" * 25 + OTHER)),
    "TEXT_OTHER_IN_HTML": (both(LONG, OTHER), both(OTHER, LONG)),
    "FROM_BRAND_ELSEWHERE": (
        letter(From="PayPal Service <a@b.example>"),
        letter(From="DHL Express <x@y.test>"),
    ),
    "FROM_BRAND_FREEMAIL": (
        letter(From="netflix.team@gmail.com"),
        letter(From="x <coinbase_help@outlook.com>"),
    ),
    "FROM_BRAND_LOOKALIKE": (letter(From="a@paypa1.com"), letter(From="a@netflix-billing.test")),
    "SUBJECT_BRAND_ELSEWHERE": (
        letter(Subject="Your Netflix membership"),
        letter(Subject="DHL parcel waits"),
    ),
    "PAGE_BRAND_ELSEWHERE": (
        letter(html="<title>Microsoft 365</title><p>hi</p>"),
        letter(html='<img src="http://x.test/l.png" alt="PayPal"><p>hi</p>'),
    ),
    "LINK_BRAND_LOOKALIKE": (
        letter(html=link("https://rnicrosoft.com/a")),
        letter(html=link("https://secure-paypal.test/")),
    ),
    "LINK_BRAND_FOR_SHOW": (
        letter(
            From="Apple <a@zonnet.test>", html=link("https://is.gd/x") + link("https://appleid.apple.com/c")
        ),
        letter(From="Kraken <a@mg.test>", html=link("https://s.web.app/x") + link("https://www.kraken.com/")),
    ),
    "THREAD_LOOKALIKE_AUTHOR": (
        letter(
            "New file\n\nFrom: Bo <bo@partnerfirm.example>\nhi",
            From="bo@partnerfrim.example",
            Subject="Re: x",
        ),
        letter(From="bo@supplierco.test", Cc="cy@supplierco.example", Subject="Re: y"),
    ),
    "THREAD_BANK_CHANGE": (
        letter("Please use our new bank account.\n\nFrom: Anna\nok", Subject="Re: invoice"),
        letter("Voici notre nouveau RIB.\n\n> merci\n", Subject="Re: facture"),
    ),
    "CALENDAR_LURE": (
        calendar("SUMMARY:Invoice paid\r\nDESCRIPTION:call +1 808 555 0143 for refund"),
        calendar("DESCRIPTION:Your subscription will renew https://x.test/cancel"),
    ),
    "LINK_ONE_STRANGER": (letter(html=link("https://a.test/1")), letter(html=link("http://b.test/x?y"))),
    "LINK_NONE_HOME": (
        letter(html=link("https://a.test/1") + link("https://b.test/2")),
        letter(html=link("https://c.test")),
    ),
    "LINK_ALL_TEXT": (
        letter(html='<a href="https://a.test">click to see everything that we have for you</a>'),
        letter(html='<a href="https://a.test">verify your account at once or else it is lost</a>'),
    ),
    "LINK_SAME_TARGET": (
        letter(html=link("https://a.test/1") * 3),
        letter(html=link("https://t.test/q") * 4),
    ),
    "LINK_PICTURE_STRANGERS": (
        letter(html=link("https://a.test/") + '<img src="https://b.test/1.png">'),
        letter(html=link("https://t.test/x") + '<img src="https://i.pics.test/1.png">'),
    ),
    "LINK_FAR_COUNTRY": (letter("see http://a.ru/x"), letter(html=link("https://b.cn/"))),
    "LINK_UNPROTECTED": (letter(html=link("http://a.test/")), letter(html=link("http://sender.example/"))),
    "LINK_LONG_CODE": (
        letter(html=link("https://a.test/" + "x" * 220)),
        letter(html=link("https://b.test/?u=" + "y" * 210)),
    ),
    "LINK_BARE_ROOT": (letter(html=link("https://a.test/")), letter(html=link("https://b.test"))),
    "LINK_FORM_POSTS": (
        letter(html='<form action="https://a.test/p"><input type=password></form>'),
        letter(html='<form method=post action="http://b.test/x"><input name=q></form>'),
    ),
    "LINK_WAY_OUT_STRANGER": (
        letter(html=link("https://a.test/1") + link("https://a.test/u", "Unsubscribe")),
        letter(html=link("https://b.test/u", "unsubscribe here")),
    ),
}


def symbols_in(octets: bytes) -> set[str]:
    view = view_of(octets)
    return {finding.symbol for each in LOOKING for finding in each.look(view, FACTS, None)}


@pytest.mark.parametrize("symbol", FOUND)
def test_it_is_found(symbol: str) -> None:
    assert [symbol in symbols_in(octets) for octets in FOUND[symbol]] == [True, True]


@pytest.mark.parametrize("number", range(len(HONEST)))
def test_honest_letters_are_left_alone(number: int) -> None:
    # A brand's own mail returns to its own domain; here the envelope is the same for all.
    assert symbols_in(HONEST[number]) - {"RETURN_PATH_ELSEWHERE"} == set()


def test_every_check_has_its_letters() -> None:
    names = {check.symbol.name for check in (*SENDER, *BRANDS, *THREADS, *RELATIONS)}

    assert names == set(FOUND)
