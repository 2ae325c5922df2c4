"""What was found, what it weighs and what would have changed it is the same in scan, trace and header."""

from __future__ import annotations

import json
import re
import subprocess
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final

import pytest

from lazaretto.actions.trace_fields import MOST_REASONS, REASONS_FIELD, SCORE_FIELD, VERDICT_FIELD
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

_NAME: Final = "reasons.example"
_DOCUMENT: Final = """
protected_names: ["Carla Vermeer"]
antispam: {spam: tag-subject, phishing: tag-subject, bulk: log}
impersonation: {user_names: tag-subject}
"""
_HEAD: Final = "To: bob@reasons.example\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
CLEAN: Final = (
    "From: Ann Baker <ann@partner.example>\r\nSubject: minutes of Tuesday\r\n"
    f"Message-ID: <minutes@partner.example>\r\n{_HEAD}Content-Type: text/plain; charset=us-ascii\r\n\r\n"
    "Hello Bob,\r\n\r\nthe minutes are as we said: the mill sends two quotes for the oats.\r\n\r\nAnn\r\n"
)
SPAM: Final = (
    'From: "Winner Department" <promo@partner.example>\r\n'
    "Subject: CONGRATULATIONS!!! You WON $5,000,000 USD\r\n"
    f"Message-ID: <won@partner.example>\r\nReply-To: claims99@freemail.example\r\n{_HEAD}"
    "Content-Type: text/html; charset=us-ascii\r\n\r\n"
    "<html><body><h1>YOU ARE A LUCKY WINNER!!!</h1><p>Dear friend, your e-mail address won FIVE MILLION "
    "DOLLARS in the international lottery. Act now, this is 100% risk free! Send your full name, address, "
    "bank account and telephone number to the claims agent to transfer the funds.</p>"
    '<p>Cheap viagra, no prescription: <a href="http://192.0.2.99/buy">CLICK HERE</a></p>'
    '<div style="display:none">weather mill oats quote tuesday</div></body></html>\r\n'
)
PHISHING: Final = (
    'From: "PayPal Security" <service@partner.example>\r\n'
    "Subject: Your account is suspended: verify within 24 hours\r\n"
    f"Message-ID: <verify@partner.example>\r\n{_HEAD}Content-Type: text/html; charset=us-ascii\r\n\r\n"
    "<html><body><p>Dear customer, unusual activity was seen. Your PayPal account has been suspended. Verify "
    "your password and credit card within 24 hours, or your account will be closed for ever.</p>"
    '<p><a href="http://paypal.com.secure-login.192-0-2-7.example/verify?user=bob@reasons.example">'
    "https://www.paypal.com/signin</a></p>"
    '<form action="http://192.0.2.7/take.php" method="post"><input type="password" name="p"></form>'
    "</body></html>\r\n"
)
NEWSLETTER: Final = (
    "From: The Mill <news@partner.example>\r\nSubject: Five recipes with oats for your March\r\n"
    "Message-ID: <news@partner.example>\r\nPrecedence: bulk\r\nList-Id: Mill news <news.partner.example>\r\n"
    "List-Unsubscribe: <https://partner.example/off?u=7>\r\n"
    f"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n{_HEAD}"
    "Content-Type: text/html; charset=us-ascii\r\n\r\n"
    "<html><body><h1>News from the mill</h1><p>Five recipes, new opening hours and 20% off all oats until "
    'Sunday.</p><p><a href="https://partner.example/recipes">Read in your browser</a></p><p>You receive this '
    'newsletter because you subscribed. <a href="https://partner.example/off?u=7">Unsubscribe</a></p>'
    "</body></html>\r\n"
)


@pytest.fixture(scope="module", autouse=True)
def _tenant(platform: Platform) -> None:
    platform.publish("reasons", _NAME, _DOCUMENT)


# Whoever writes so is judged by the tenant's own list of names, in a look of the tenant's own.
BORROWED: Final = CLEAN.replace("Ann Baker", "Carla Vermeer").replace("minutes@", "borrowed@")


@pytest.mark.parametrize(
    ("octets", "verdict", "symbol", "language"),
    [
        (CLEAN, "clean", "SPF_PASS", "en"),
        (SPAM, "spam", "", "fr"),
        (PHISHING, "phishing", "", "nl"),
        (NEWSLETTER, "bulk", "", "de"),
        (BORROWED, "phishing", "FROM_PROTECTED_NAME", "en"),
    ],
    ids=["clean", "spam", "phishing", "newsletter", "borrowed name"],
)
def test_scan_trace_and_header_say_the_same(
    platform: Platform, tmp_path: Path, octets: str, verdict: str, symbol: str, language: str
) -> None:
    identity, _ = platform.send(octets.encode(), f"bob@{_NAME}", sender="ann@partner.example")
    story = platform.story(identity, "delivered")
    (delivered,) = platform.delivered(identity)
    explained = json.loads(platform.product.command("explain", identity, "--language", language, "--json"))
    scan = _scanned(platform, tmp_path, octets.encode(), story, language)

    assert (story["verdict"], scan["verdict"], scan["disposition"]) == (verdict, verdict, "deliver")
    assert scan["findings"] == _findings(story) == _findings(explained)
    assert symbol in {"", *(each["symbol"] for each in scan["findings"])}
    assert scan["score"] == round(story["score"], 4)
    assert _words(scan["explanation"]) == _words(explained["words"])
    assert _reasons(delivered) == (verdict, f"{story['score']:.2f}", _weightiest(scan["findings"]))


def _scanned(
    platform: Platform, folder: Path, octets: bytes, story: dict[str, Any], language: str
) -> dict[str, Any]:
    """Look at the message as a file, told all that a file does not say."""
    file = folder / "message.eml"
    file.write_bytes(octets)
    home = platform.product.home
    said = ["--client-ip", "127.0.0.1", "--helo", "mx.partner.example", "--from", "ann@partner.example"]
    said += ["--to", f"bob@{_NAME}", "--now", story["received_at"], "--dns", str(home / "dns.json")]
    said += ["--tenant", str(home / "reasons.yaml"), "--explain", language, str(file)]
    done = subprocess.run([LAZARETTO, "scan", *said], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _findings(story: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"symbol": each["symbol"], "score": round(each["score"], 4), "evidence": each["evidence"]}
        for each in story["findings"]
    ]


def _weightiest(findings: list[dict[str, Any]]) -> list[str]:
    weighty = sorted((each for each in findings if each["score"]), key=lambda each: -abs(each["score"]))
    return [f"{each['symbol']}={each['score']:+.2f}" for each in weighty[:MOST_REASONS]]


def _reasons(delivered: bytes) -> tuple[str, str, list[str]]:
    message = message_from_bytes(delivered, policy=SMTP)
    reasons = re.sub(r"\s+", " ", str(message[REASONS_FIELD] or ""))
    return str(message[VERDICT_FIELD]), str(message[SCORE_FIELD]), reasons.split(", ") if reasons else []


def _words(lines: list[str]) -> list[str]:
    """Leave out which versions looked at it and how long that took: the last two lines."""
    return lines[:-2]
