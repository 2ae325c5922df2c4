"""One conversation with a next hop: what became of each recipient is told as the host said it, and a
host that breaks off, lies or stalls costs at most a deferral."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.core.decision import Splice
from lazaretto.core.queued import Outcome, QueuedCopy
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.client import Handover
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.failures import ConversationFailed
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import OPPORTUNISTIC
from lazaretto.delivery.wire_form import END, wire_form
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, a_copy
from lazaretto.testing.next_hop import Behaviour

QUICK = DeliverySettings(
    greeting_timeout=0.3,
    command_timeout=0.3,
    data_timeout=0.3,
    dot_timeout=0.3,
    block_timeout=0.3,
    quit_timeout=0.3,
)
UNHURRIED = DeliverySettings()


async def hand_over(
    hop: next_hop.NextHop,
    copy: QueuedCopy,
    octets: bytes | object = MESSAGE,
    *,
    limits: DeliverySettings = UNHURRIED,
) -> Handover:
    route = NextHop(host="127.0.0.1", port=hop.port)
    conversation = await Opener(limits, "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
    try:
        return await conversation.transact(copy, copy.recipients, Payload(copy, octets))  # type: ignore[arg-type]
    finally:
        await conversation.quit()


def told(handover: Handover) -> list[tuple[str, int]]:
    return [(o.outcome.value, o.reply.code) for o in handover.outcomes]


async def test_a_message_arrives_with_its_envelope() -> None:
    async with next_hop.NextHop() as hop:
        handover = await hand_over(hop, a_copy("b@customer.example", "c@customer.example"))

    (arrival,) = hop.arrivals
    assert arrival.mail == b"FROM:<a@sender.example> SIZE=%d" % len(MESSAGE)
    assert arrival.recipients == ("b@customer.example", "c@customer.example")
    assert arrival.content == MESSAGE
    assert told(handover) == [("delivered", 250), ("delivered", 250)]
    assert hop.verbs() == ["EHLO", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"]


async def test_without_pipelining_each_command_waits_for_its_answer() -> None:
    async with next_hop.NextHop(Behaviour(offers=())) as hop:
        handover = await hand_over(hop, a_copy())

    assert told(handover) == [("delivered", 250)]
    assert hop.arrivals[0].mail == b"FROM:<a@sender.example>"


async def test_a_server_without_ehlo_is_greeted_with_helo() -> None:
    async with next_hop.NextHop(Behaviour(answers={"EHLO": b"502 5.5.2 What?\r\n"})) as hop:
        handover = await hand_over(hop, a_copy())

    assert told(handover) == [("delivered", 250)]
    assert hop.verbs()[:2] == ["EHLO", "HELO"]


@pytest.mark.parametrize(
    "offers", [pytest.param(next_hop.PLAIN, id="pipelined"), pytest.param((), id="in turn")]
)
async def test_each_recipient_has_its_own_outcome(offers: tuple[str, ...]) -> None:
    answers = {"no@customer.example": b"550 5.1.1 No\r\n", "later@customer.example": b"450 4.2.1 Later\r\n"}
    behaviour = Behaviour(offers=offers, recipient=lambda address: answers.get(address, b""))
    async with next_hop.NextHop(behaviour) as hop:
        handover = await hand_over(
            hop, a_copy("no@customer.example", "yes@customer.example", "later@customer.example")
        )

    assert told(handover) == [("failed", 550), ("delivered", 250), ("deferred", 450)]
    assert hop.arrivals[0].recipients == ("yes@customer.example",)


async def test_another_address_in_an_answer_is_never_used() -> None:
    """Whoever answers is not known for sure, so 251 is a yes and 551 a no (RFC 5321 §7.4)."""
    answers = {
        "moved@customer.example": b"251 2.1.5 User not local; will forward to <eve@evil.example>\r\n",
        "gone@customer.example": b"551 5.1.6 User not local; please try <eve@evil.example>\r\n",
    }
    async with next_hop.NextHop(Behaviour(recipient=lambda address: answers[address])) as hop:
        first = await hand_over(hop, a_copy("moved@customer.example", "gone@customer.example"))
        again = await hand_over(hop, a_copy("moved@customer.example"))

    assert told(first) == [("delivered", 250), ("failed", 551)]
    assert told(again) == [("delivered", 250)]
    assert [each.recipients for each in hop.arrivals] == [("moved@customer.example",)] * 2


async def test_one_recipient_too_many_comes_again_also_where_that_is_said_as_of_old() -> None:
    def too_many(address: str) -> bytes:
        return b"" if address.startswith("one") else b"552 5.5.3 Too many recipients\r\n"

    async with next_hop.NextHop(Behaviour(recipient=too_many)) as hop:
        both = await hand_over(hop, a_copy("one@customer.example", "two@customer.example"))
        alone = await hand_over(hop, a_copy("two@customer.example"))

    assert told(both) == [("delivered", 250), ("deferred", 452)]
    assert told(alone) == [("failed", 552)]


@pytest.mark.parametrize(
    "offers", [pytest.param(next_hop.PLAIN, id="pipelined"), pytest.param((), id="in turn")]
)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize(
    ("answer", "outcome"), [(b"450 4.2.0 Later\r\n", "deferred"), (b"550 5.7.1 Never\r\n", "failed")]
)
async def test_a_refusal_at_any_verb_decides_what_becomes_of_the_recipients(
    offers: tuple[str, ...], verb: str, answer: bytes, outcome: str
) -> None:
    async with next_hop.NextHop(Behaviour(offers=offers, answers={verb: answer})) as hop:
        handover = await hand_over(hop, a_copy("b@customer.example", "c@customer.example"))

    assert told(handover) == [(outcome, int(answer[:3]))] * 2
    assert hop.arrivals == []


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(lambda verb: Behaviour(hang_up=frozenset({verb})), id="hangs up"),
        pytest.param(lambda verb: Behaviour(reset=frozenset({verb})), id="resets"),
        pytest.param(lambda verb: Behaviour(stall=frozenset({verb})), id="says nothing"),
        pytest.param(lambda verb: Behaviour(answers={verb: b"421 4.3.2 Going down\r\n"}), id="421"),
        pytest.param(lambda verb: Behaviour(answers={verb: b"HTTP/1.1 400 Bad\r\n"}), id="garbage"),
        pytest.param(lambda verb: Behaviour(answers={verb: b"250-x\r\n" * 100_000}), id="giant reply"),
        pytest.param(lambda verb: Behaviour(answers={verb: b"250" + b"x" * 100_000}), id="endless line"),
    ],
)
async def test_before_the_dot_nobody_has_the_message(behaviour, verb: str) -> None:
    async with next_hop.NextHop(behaviour(verb)) as hop:
        with pytest.raises(ConversationFailed) as failed:
            await hand_over(hop, a_copy(), limits=QUICK)

    assert failed.value.reply.is_temporary
    assert hop.arrivals == []


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(Behaviour(hang_up=frozenset({"DOT"})), id="hangs up"),
        pytest.param(Behaviour(reset=frozenset({"DOT"})), id="resets"),
        pytest.param(Behaviour(stall=frozenset({"DOT"})), id="says nothing"),
        pytest.param(Behaviour(answers={"DOT": b"hello\r\n"}), id="garbage"),
        pytest.param(Behaviour(answers={"DOT": b"354 more\r\n"}), id="asks for more"),
        pytest.param(Behaviour(answers={"DOT": b"421 4.3.2 Going down\r\n"}), id="421"),
        pytest.param(Behaviour(answers={"DOT": b"250-x\r\n" * 100_000}), id="giant reply"),
    ],
)
async def test_after_the_dot_a_lost_answer_is_a_deferral(behaviour: Behaviour) -> None:
    async with next_hop.NextHop(behaviour) as hop:
        handover = await hand_over(hop, a_copy(), limits=QUICK)

    assert [o.outcome for o in handover.outcomes] == [Outcome.DEFERRED]


async def test_an_answer_that_comes_before_the_content_is_no_answer_to_it() -> None:
    async with next_hop.NextHop(Behaviour(answers={"DATA": b"354 Go on\r\n250 2.0.0 Taken\r\n"})) as hop:
        handover = await hand_over(hop, a_copy())

    assert told(handover) == [("deferred", 451)]


async def test_a_host_that_is_out_of_step_gets_no_second_message() -> None:
    behaviour = Behaviour(answers={"DOT": b"250 2.0.0 Taken\r\n250 2.0.0 Taken\r\n"})
    async with next_hop.NextHop(behaviour) as hop:
        route = NextHop(host="127.0.0.1", port=hop.port)
        conversation = await Opener(UNHURRIED, "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
        copy = a_copy()
        handover = await conversation.transact(copy, copy.recipients, Payload(copy, MESSAGE))

        assert told(handover) == [("delivered", 250)]
        assert not conversation.is_reusable
        conversation.close()


async def test_a_connection_carries_many_messages_and_is_reset_after_a_refusal() -> None:
    answers = {"no@customer.example": b"550 5.1.1 No\r\n"}
    async with next_hop.NextHop(Behaviour(recipient=lambda address: answers.get(address, b""))) as hop:
        route = NextHop(host="127.0.0.1", port=hop.port)
        conversation = await Opener(UNHURRIED, "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
        outcomes = []
        for address in ("a@customer.example", "no@customer.example", "b@customer.example"):
            copy = a_copy(address)
            outcomes += told(await conversation.transact(copy, copy.recipients, Payload(copy, MESSAGE)))
        await conversation.quit()

    assert outcomes == [("delivered", 250), ("failed", 550), ("delivered", 250)]
    assert hop.connections == 1
    assert hop.verbs() == [
        "EHLO",
        "MAIL",
        "RCPT",
        "DATA",
        "MAIL",
        "RCPT",
        "DATA",
        "RSET",
        "MAIL",
        "RCPT",
        "DATA",
        "QUIT",
    ]


async def test_data_without_a_recipient_is_ended_by_an_empty_message() -> None:
    behaviour = Behaviour(answers={"RCPT": b"550 5.1.1 No\r\n", "DATA": b"354 Go on\r\n"})
    async with next_hop.NextHop(behaviour) as hop:
        handover = await hand_over(hop, a_copy())

    assert told(handover) == [("failed", 550)]
    assert [arrival.wire for arrival in hop.arrivals] == [b""]


async def test_eight_bit_content_is_declared_and_never_sent_where_it_is_not_taken() -> None:
    octets = b"Subject: x\r\n\r\n\xc3\xa9\r\n"
    async with next_hop.NextHop() as hop:
        await hand_over(hop, a_copy(), octets)
    async with next_hop.NextHop(Behaviour(offers=("PIPELINING",))) as old:
        handover = await hand_over(old, a_copy(), octets)

    assert b"BODY=8BITMIME" in hop.arrivals[0].mail
    assert [o.reply.enhanced for o in handover.outcomes] == ["5.6.3"]
    assert "DATA" not in old.verbs()


async def test_an_internationalised_address_needs_a_host_that_takes_it() -> None:
    async with next_hop.NextHop() as hop:
        await hand_over(hop, a_copy("jörg@customer.example"))
    async with next_hop.NextHop(Behaviour(offers=("8BITMIME",))) as old:
        handover = await hand_over(old, a_copy("jörg@customer.example"))

    assert hop.arrivals[0].recipients == ("jörg@customer.example",)
    assert hop.arrivals[0].mail.endswith(b" SMTPUTF8")
    assert [o.reply.enhanced for o in handover.outcomes] == ["5.6.7"]


async def test_a_message_that_is_too_large_for_the_host_is_not_tried() -> None:
    async with next_hop.NextHop(Behaviour(offers=("SIZE 10",))) as hop:
        handover = await hand_over(hop, a_copy())

    assert told(handover) == [("failed", 552)]
    assert "MAIL" not in hop.verbs()


async def test_notification_requests_are_passed_on_where_they_are_understood() -> None:
    copy = a_copy(notify=("SUCCESS", "FAILURE"), envid="QQ314159", ret="HDRS")
    copy = replace(
        copy, recipients=tuple(replace(r, original="rfc822;b+2Bx@customer.example") for r in copy.recipients)
    )
    async with next_hop.NextHop() as hop:
        handover = await hand_over(hop, copy)
    async with next_hop.NextHop(Behaviour(offers=())) as old:
        not_passed_on = await hand_over(old, copy)

    assert hop.arrivals[0].mail.endswith(b"RET=HDRS ENVID=QQ314159")
    assert hop.arrivals[0].rcpts[0].endswith(b"NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bx@customer.example")
    assert handover.notifies
    assert not not_passed_on.notifies
    assert b"NOTIFY" not in old.arrivals[0].rcpts[0]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("b@customer.example>\r\nRSET\r\nMAIL FROM:<x", id="commands"),
        pytest.param("b c@customer.example", id="space"),
        pytest.param("b\x00@customer.example", id="NUL"),
        pytest.param('"b\r\nRSET"@customer.example', id="commands in quotes"),
        pytest.param('"b"> RSET:<"c"@customer.example', id="quotes that end early"),
    ],
)
async def test_an_address_cannot_carry_commands(address: str) -> None:
    async with next_hop.NextHop() as hop:
        handover = await hand_over(hop, a_copy(address))

    assert [o.reply.enhanced for o in handover.outcomes] == ["5.1.3"]
    assert hop.verbs() == ["EHLO", "QUIT"]


async def test_a_quoted_local_part_is_an_address() -> None:
    async with next_hop.NextHop() as hop:
        handover = await hand_over(hop, a_copy('"b \\">c"@customer.example'))

    assert told(handover) == [("delivered", 250)]
    assert hop.arrivals[0].rcpts == (b'TO:<"b \\">c"@customer.example>',)


async def test_replies_in_single_octets_are_understood() -> None:
    async with next_hop.NextHop(Behaviour(octets_at_a_time=1)) as hop:
        assert told(await hand_over(hop, a_copy())) == [("delivered", 250)]


class Windows:
    """Content that is read in pieces, as from a file."""

    def __init__(self, octets: bytes, fails_at: int | None = None) -> None:
        self._octets = octets
        self._fails_at = fails_at

    def __len__(self) -> int:
        return len(self._octets)

    def find(self, sub: bytes, start: int = 0, end: int | None = None) -> int:
        return self._octets.find(sub, start, end)

    def __getitem__(self, part: slice) -> bytes:
        if self._fails_at is not None and (part.stop or 0) > self._fails_at:
            raise OSError("disk")
        return self._octets[part]


async def test_large_content_is_sent_in_chunks_and_arrives_whole() -> None:
    octets = MESSAGE + b".dots and lines\r\n" * 200_000
    async with next_hop.NextHop() as hop:
        handover = await hand_over(hop, a_copy(trace_header=b"Received: x\r\n"), Windows(octets))

    assert told(handover) == [("delivered", 250)]
    assert hop.arrivals[0].content == b"Received: x\r\n" + octets


async def test_content_that_cannot_be_read_to_its_end_is_never_ended_by_a_dot() -> None:
    octets = MESSAGE + b"line\r\n" * 200_000
    async with next_hop.NextHop() as hop:
        with pytest.raises(OSError, match="disk"):
            await hand_over(hop, a_copy(), Windows(octets, fails_at=600_000))

    assert hop.arrivals == []


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        pytest.param(Behaviour(hang_up_after_octets=100_000), "deferred", id="hangs up"),
        pytest.param(
            Behaviour(answers={"DATA": b"354 Go\r\n552 5.3.4 Too big\r\n"}), "deferred", id="early answer"
        ),
    ],
)
async def test_a_break_in_the_middle_of_large_content_is_a_deferral(
    behaviour: Behaviour, outcome: str
) -> None:
    octets = MESSAGE + b"line\r\n" * 3_000_000
    async with next_hop.NextHop(behaviour) as hop:
        handover = await hand_over(hop, a_copy(), Windows(octets), limits=QUICK)

    assert [o.outcome.value for o in handover.outcomes] == [outcome]


PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\xe9", b"\r\n.\r\n"]), max_size=30)


@st.composite
def spliced(draw: st.DrawFn) -> tuple[bytes, tuple[Splice, ...], bytes]:
    """Return content, splices that fit it, and what both make together."""
    octets = b"".join(draw(PIECES))
    cuts = sorted(draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    splices, result, at = [], b"", 0
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        new = b"".join(draw(PIECES))
        splices.append(Splice(start, end - start, new))
        result += octets[at:start] + new
        at = end
    return octets, tuple(splices), result + octets[at:]


@given(st.lists(spliced(), min_size=1, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_spliced_arrives_in_wire_form(
    messages: Sequence[tuple[bytes, tuple[Splice, ...], bytes]],
) -> None:
    async def deliver_all() -> list[bytes]:
        async with next_hop.NextHop() as hop:
            route = NextHop(host="127.0.0.1", port=hop.port)
            conversation = await Opener(UNHURRIED, "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
            for octets, splices, _ in messages:
                copy = a_copy(splices=splices)
                source = octets if len(octets) % 2 else Windows(octets)
                await conversation.transact(copy, copy.recipients, Payload(copy, source))
            await conversation.quit()
            return [arrival.wire for arrival in hop.arrivals]

    arrived = asyncio.run(deliver_all())

    assert arrived == [wire_form(result).removesuffix(END) for _, _, result in messages]


async def test_a_slow_first_address_does_not_hold_up_the_second() -> None:
    async with next_hop.NextHop() as hop:
        route = NextHop(host="mx.customer.example", port=hop.port)
        limits = DeliverySettings(next_address_after=0.1)
        began = time.monotonic()

        # 192.0.2.1 is reserved for documentation: it answers nowhere.
        conversation = await Opener(limits, "gw.example").open(
            route, ("192.0.2.1", "127.0.0.1"), OPPORTUNISTIC
        )

        assert conversation.remote.ip == "127.0.0.1"
        assert time.monotonic() - began < 5
        conversation.close()


@pytest.mark.parametrize(
    "offers", [pytest.param(next_hop.PLAIN, id="pipelined"), pytest.param((), id="in turn")]
)
async def test_a_tarpit_cannot_use_up_each_steps_time_in_turn(offers: tuple[str, ...]) -> None:
    recipients = [f"r{n}@customer.example" for n in range(50)]
    limits = DeliverySettings(envelope_timeout=0.3)
    began = time.monotonic()
    async with next_hop.NextHop(Behaviour(offers=offers, delay=0.1)) as hop:
        with pytest.raises(ConversationFailed):
            await hand_over(hop, a_copy(*recipients), limits=limits)

    assert time.monotonic() - began < 2


async def test_a_host_that_takes_content_too_slowly_is_given_up() -> None:
    async def takes_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 x\r\n")
        for answer in (b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"):
            await reader.readline()
            writer.write(answer)
        await asyncio.Event().wait()

    server = await asyncio.start_server(takes_nothing, "127.0.0.1", 0, limit=1024)
    limits = DeliverySettings(block_timeout=0.2, slowest_transfer=100_000_000, quit_timeout=0.1)
    route = NextHop(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    conversation = await Opener(limits, "gw.example").open(route, ("127.0.0.1",), OPPORTUNISTIC)
    copy = a_copy()
    payload = Payload(copy, Windows(b"line\r\n" * 5_000_000))  # type: ignore[arg-type]

    handover = await conversation.transact(copy, copy.recipients, payload)

    assert told(handover) == [("deferred", 451)]
    server.close()
