"""Whatever a next hop answers, people are told in their language what it means and what to do."""

from __future__ import annotations

import pytest

from lazaretto.core.reply import Reply
from lazaretto.delivery.reason_texts import TEXTS
from lazaretto.delivery.reasons import GIVEN_UP, Reason, read_reply, reason_of


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Reply(550, "5.1.1", "no such user"), Reason.UNKNOWN_ADDRESS, id="unknown address"),
        pytest.param(Reply(450, "4.2.2", "over quota"), Reason.MAILBOX_FULL, id="full for now"),
        pytest.param(Reply(552, "5.2.2", "over quota"), Reason.MAILBOX_FULL, id="full for good"),
        pytest.param(Reply(552, "5.3.4", ""), Reason.TOO_BIG, id="too big"),
        pytest.param(Reply(451, "4.4.1", "no connection"), Reason.UNREACHABLE, id="unreachable"),
        pytest.param(Reply(550, "5.4.1", "no answer"), Reason.REFUSED, id="a lasting network failure"),
        pytest.param(Reply(550, "5.4.4", "no address"), Reason.UNKNOWN_DOMAIN, id="no host"),
        pytest.param(Reply(554, "5.4.7", "expired"), Reason.EXPIRED, id="seven days are over"),
        pytest.param(GIVEN_UP, Reason.GIVEN_UP, id="an operator ended it"),
        pytest.param(Reply(550, "5.7.10", ""), Reason.NOT_ENCRYPTED, id="no encryption"),
        pytest.param(Reply(550, "5.7.26", "spf"), Reason.AGAINST_RULES, id="by rules"),
        pytest.param(Reply(450, "4.7.1", "greylisted"), Reason.NOT_NOW, id="greylisted"),
        pytest.param(Reply(554, "", "no"), Reason.REFUSED, id="no enhanced code"),
        pytest.param(Reply(421, "", "busy"), Reason.NOT_NOW, id="busy without one"),
        pytest.param(Reply(550, "5.999.999", ""), Reason.REFUSED, id="nobody's code"),
    ],
)
def test_codes_say_what_an_answer_means(reply: Reply, reason: Reason) -> None:
    assert reason_of(reply) is reason


@pytest.mark.parametrize(
    "reply", [Reply(550, "5.1.1", "no such user"), Reply(421, "", "busy"), Reply(250, "2.0.0", "")]
)
def test_a_reply_is_read_as_it_was_written(reply: Reply) -> None:
    assert read_reply(str(reply)) == reply


def test_what_is_no_reply_is_read_as_a_deferral() -> None:
    assert read_reply("the attempt broke off").is_temporary


def test_every_reason_has_words_of_its_own_in_four_languages() -> None:
    assert set(TEXTS) == {"en", "fr", "nl", "de"}
    for reason in Reason:
        words = [text for texts in TEXTS.values() for text in (texts[reason].what, texts[reason].advice)]
        assert all(word.endswith(".") for word in words)
        assert len(set(words)) == len(words)
