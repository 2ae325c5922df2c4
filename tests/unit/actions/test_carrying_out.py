"""Orders change what they name and nothing else; twice does no more than once; nobody speaks as us."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from lazaretto.actions.carrying_out import Changes, changes
from lazaretto.actions.registry import actions
from lazaretto.core.decision import ActionOrder, Decision, Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice

SNAPSHOT = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={})
FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
PLAIN = b"From: a@b.example\r\nSubject: hello\r\n\r\nbody  \t\x00\xff\r\n"


def carried_out(
    message: bytes,
    *orders: ActionOrder,
    disposition: Disposition = Disposition.DELIVER,
    direction: Direction = Direction.OUTBOUND,
    results: bytes = b"",
    findings: tuple[Finding, ...] = (),
) -> tuple[Changes, bytes]:
    view = view_of(message)
    decision = Decision(recipients=("bob@customer.example",), disposition=disposition, orders=orders)
    judged = SimpleNamespace(verdict=Verdict.SPAM, score=6.0, direction=direction, findings=findings)
    made = changes(view, decision, judged, FACTS, SNAPSHOT, results=results)
    return made, b"".join(splice(message, made.splices))


def order(action: str, **parameters: str) -> ActionOrder:
    return ActionOrder(action=action, parameters=parameters)


def test_without_orders_every_octet_stays() -> None:
    made, octets = carried_out(PLAIN)

    assert made == Changes()
    assert octets == PLAIN


def test_a_tag_stands_before_the_subject_and_all_else_stays() -> None:
    _, octets = carried_out(PLAIN, order("tag-subject", tag="[SPAM] "))

    assert octets == PLAIN.replace(b"Subject: hello", b"Subject: [SPAM] hello")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(b"From: a@b.example\n\nno subject\n", id="without subject, bare line feeds"),
        pytest.param(b"Subject: =?utf-8?Q?=C3=A9?=\r\n\r\n", id="encoded subject"),
        pytest.param(b"", id="empty"),
    ],
)
def test_applying_orders_twice_does_no_more_than_once(message: bytes) -> None:
    orders = (
        order("tag-subject", tag="[SPAM] "),
        order("tag-subject", tag="[PHISHING] "),
        order("add-header", name="X-Note", value="é and more"),
    )

    _, once = carried_out(
        message, *orders, *orders, direction=Direction.INBOUND, results=b"lazaretto; spf=none"
    )
    _, twice = carried_out(once, *orders, direction=Direction.INBOUND, results=b"lazaretto; spf=none")

    assert sorted(twice.splitlines()) == sorted(once.splitlines())
    assert once.lower().count(b"subject:") == 1


def test_a_redirected_copy_goes_to_each_named_address_once() -> None:
    made, _ = carried_out(
        PLAIN,
        order("redirect", address="bulk@customer.example"),
        order("redirect", address="Bulk@customer.example"),
        order("copy-to", address="audit@customer.example"),
        disposition=Disposition.REDIRECT,
    )

    assert [address.lower() for address in made.deliver_to] == ["bulk@customer.example"]
    assert made.copies_to == ("audit@customer.example",)


def test_a_delivered_copy_is_not_redirected_by_an_order_of_a_milder_rule() -> None:
    made, _ = carried_out(PLAIN, order("redirect", address="bulk@customer.example"))

    assert made.deliver_to == ()


@pytest.mark.parametrize("disposition", [Disposition.QUARANTINE, Disposition.DELETE, Disposition.REJECT])
def test_what_does_not_go_out_stays_as_received(disposition: Disposition) -> None:
    made, _ = carried_out(
        PLAIN, order("tag-subject", tag="[X]"), disposition=disposition, direction=Direction.INBOUND
    )

    assert made == Changes()


FORGED = (
    b"X-Lazaretto-Verdict: clean\r\n"
    b"Authentication-Results: lazaretto; spf=pass\r\n"
    b"authentication-results : (hi (no)) LAZARETTO 1 ;\r\n dkim=pass\r\n"
    b'Authentication-Results: "lazaretto"; dmarc=pass\r\n'
    b"Authentication-Results:\r\n lazaretto; dmarc=pass\r\n"
)
FOREIGN = b"Authentication-Results: mx.other.example; spf=pass smtp.mailfrom=lazaretto\r\n"


def test_the_tenants_servers_are_told_what_weighed_most() -> None:
    lure, word, silent = Finding("LOTTERY_WIN", 2.7), Finding("LEARNED_HAM", -3.1), Finding("SPF_NONE", 0.0)

    _, octets = carried_out(PLAIN, direction=Direction.INBOUND, findings=(silent, lure, word))

    assert b"X-Lazaretto-Reasons: LEARNED_HAM=-3.10, LOTTERY_WIN=+2.70\r\n" in octets
    assert b"SPF_NONE" not in octets


def test_fields_that_pretend_to_be_ours_are_taken_out_and_others_stay() -> None:
    _, octets = carried_out(FORGED + FOREIGN + PLAIN, direction=Direction.INBOUND)

    assert octets == b"X-Lazaretto-Verdict: spam\r\nX-Lazaretto-Score: 6.00\r\n" + FOREIGN + PLAIN


def test_a_forged_field_does_not_keep_ours_from_being_added() -> None:
    forged = b"X-Lazaretto-Found: spam\r\n"

    _, octets = carried_out(
        forged + PLAIN,
        order("add-header", name="X-Lazaretto-Found", value="spam"),
        direction=Direction.INBOUND,
    )

    assert octets.count(forged) == 1
    assert octets.endswith(PLAIN)


def test_our_results_stand_on_top_of_inbound_mail() -> None:
    _, octets = carried_out(FOREIGN + PLAIN, direction=Direction.INBOUND, results=b"lazaretto;\r\n\tspf=pass")

    assert octets.startswith(b"Authentication-Results: lazaretto; spf=pass\r\n")
    assert octets.endswith(FOREIGN + PLAIN)


def test_outbound_mail_does_not_tell_strangers_what_we_think() -> None:
    _, octets = carried_out(PLAIN, direction=Direction.OUTBOUND, results=b"lazaretto; spf=pass")

    assert octets == PLAIN


def test_an_unknown_action_changes_nothing_and_stops_nothing() -> None:
    _, octets = carried_out(PLAIN, order("fold-into-a-swan"), order("tag-subject", tag="[SPAM] "))

    assert b"Subject: [SPAM] hello" in octets


def test_thousands_of_forged_fields_are_taken_out_in_a_moment() -> None:
    _, octets = carried_out(b"X-Lazaretto-A: b\r\n" * 1900 + PLAIN, direction=Direction.INBOUND)

    assert octets.endswith(PLAIN)
    assert b"X-Lazaretto-A" not in octets


def test_a_message_that_nobody_could_look_at_is_sent_on_unchanged() -> None:
    orders = (order("redirect", address="audit@customer.example"), order("tag-subject", tag="[X]"))
    decision = Decision(recipients=("b@customer.example",), disposition=Disposition.REDIRECT, orders=orders)
    judged = SimpleNamespace(verdict=Verdict.UNSCANNABLE, score=0.0, direction=Direction.INBOUND, findings=())

    made = changes(None, decision, judged, FACTS, SNAPSHOT)

    assert made == Changes(deliver_to=("audit@customer.example",))


def test_every_action_says_what_it_is() -> None:
    assert {"add-header", "copy-to", "redirect", "tag-subject"} <= set(actions())
    for action in actions().values():
        assert action.card.summary and not action.card.summary.endswith(".")
        assert all(parameter.summary for parameter in action.card.parameters)
