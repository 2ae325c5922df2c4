"""The notice that a sender sends too much: in four languages, once an hour, with nothing of a stranger's."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.excess import Excess, ExcessAction, SendingLimit
from lazaretto.core.queued import ComposedMessage
from lazaretto.edge.automatic_mail import Circumstances
from lazaretto.edge.excess_notices import excess_notices
from lazaretto.edge.excess_texts import TEXTS
from lazaretto.testing.edge_fakes import ACME

TENANT = replace(ACME, administrators=("alice@customer.example",))
EXCESS = Excess(limit=SendingLimit.EXTERNAL, counted=501, allowed=500, is_held=True)
ABOUT = Circumstances(
    reverse_path="bob@customer.example",
    client=Client(ip="192.0.2.9", helo="mail\x1b[1m.example"),
    at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    host_name="mx.lazaretto.example",
)


def notice(**changes: object) -> ComposedMessage:
    tenant = replace(TENANT, language=str(changes.pop("language", "en")))
    (told,) = excess_notices(tenant, EXCESS, ExcessAction.HOLD, replace(ABOUT, **changes))  # type: ignore[arg-type]
    return told


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("limit", SendingLimit)
@pytest.mark.parametrize("action", ExcessAction)
def test_each_limit_and_action_has_words_in_each_language(
    language: str, limit: SendingLimit, action: ExcessAction
) -> None:
    (told,) = excess_notices(replace(TENANT, language=language), replace(EXCESS, limit=limit), action, ABOUT)

    message = email.message_from_bytes(told.octets, policy=email.policy.default)
    text = message.get_content()
    assert "500" in text
    assert "bob@customer.example" in text
    assert TEXTS[language].actions[action].split("\n")[0] in text
    assert message["Subject"] == TEXTS[language].subject


def test_it_is_a_programs_mail_without_a_strangers_controls() -> None:
    told = notice()

    message = email.message_from_bytes(told.octets, policy=email.policy.default)
    assert (told.reverse_path, told.recipients) == ("", ("alice@customer.example",))
    assert message["Auto-Submitted"] == "auto-generated"
    assert "\x1b" not in message.get_content()


def test_the_same_within_an_hour_is_the_same_notice() -> None:
    one = notice()

    assert notice(at=ABOUT.at.replace(minute=59)).id == one.id
    assert notice(reverse_path="BOB@customer.example").id == one.id
    assert notice(at=ABOUT.at.replace(hour=13)).id != one.id
    assert notice(reverse_path="eve@customer.example").id != one.id


def test_a_limit_of_all_senders_is_one_notice_for_them_all() -> None:
    limit = replace(EXCESS, limit=SendingLimit.PLATFORM_TENANT)
    tenant = replace(ACME, administrators=("alice@customer.example",))

    (one,) = excess_notices(tenant, limit, ExcessAction.DEFER, ABOUT)
    (other,) = excess_notices(
        tenant, limit, ExcessAction.DEFER, replace(ABOUT, reverse_path="eve@customer.example")
    )

    assert one.id == other.id


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("limit", SendingLimit)
def test_who_can_raise_a_limit_is_named(language: str, limit: SendingLimit) -> None:
    (told,) = excess_notices(
        replace(TENANT, language=language), replace(EXCESS, limit=limit), ExcessAction.DEFER, ABOUT
    )

    text = email.message_from_bytes(told.octets, policy=email.policy.default).get_content()
    text = text.replace("\r\n", "\n")
    assert (TEXTS[language].ask_the_operator in text) is limit.is_platforms
    assert (TEXTS[language].raise_the_limit in text) is not limit.is_platforms


def test_a_tenant_without_administrators_is_sent_nothing() -> None:
    assert list(excess_notices(ACME, EXCESS, ExcessAction.HOLD, ABOUT)) == []
