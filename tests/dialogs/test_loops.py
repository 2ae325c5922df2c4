"""A message that comes back again and again is a loop; nobody else can make it look like one."""

from __future__ import annotations

from lazaretto.core.identity import new_message_id
from lazaretto.edge.hop_token import hop_field
from tests.dialogs.conversation import HOP_KEY
from tests.dialogs.held_by_hand import called, ready_for_data, said, staged


async def test_the_third_return_of_a_message_is_refused() -> None:
    header = b""
    async with staged() as stage:
        for journey in range(4):
            line = await called(stage)
            await ready_for_data(line)
            reply = await said(line, header + b"Subject: x\r\n\r\n.\r\n")
            assert reply.startswith("250 " if journey < 3 else "554 5.4.6"), journey
            header = stage.spool.kept[-1][0].trace_header + header


async def test_forged_and_repeated_marks_do_not_count() -> None:
    forged = [hop_field(new_message_id(), b"another key") for _ in range(5)]
    repeated = [hop_field(new_message_id(), HOP_KEY)] * 5
    async with staged() as stage:
        line = await called(stage)
        await ready_for_data(line)

        reply = await said(line, b"".join(forged + repeated) + b"Subject: x\r\n\r\n.\r\n")

        assert reply.startswith("250 ")
