"""Notices that rules order, sent once the message is safe or its refusal is on record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lazaretto.core.decision import Judgement
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission
from lazaretto.edge.seams import Seams
from lazaretto.pipeline.noticing import Told, notices
from lazaretto.policy.late import accepted

Notify = Callable[[ComposedMessage], None]


def telling(seams: Seams, notify: Notify, host_name: str) -> Seams:
    """Return ``seams`` that send the notices of a judgement after it was committed."""
    commit, refuse = seams.commit, seams.refuse

    async def commit_and_tell(submission: Submission, judgement: Judgement | None) -> None:
        await commit(submission, judgement)
        if judgement is not None and judgement.notices:
            tell(submission, accepted(judgement), notify, host_name)

    async def refuse_and_tell(submission: Submission, judgement: Judgement | None, reply: Reply) -> None:
        await refuse(submission, judgement, reply)
        if judgement is not None and judgement.notices:
            tell(submission, judgement, notify, host_name)

    return replace(seams, commit=commit_and_tell, refuse=refuse_and_tell)


def tell(submission: Submission, judgement: Judgement, notify: Notify, host_name: str) -> None:
    """Send the notices of ``judgement``; best effort, as the trace tells the story anyway."""
    for notice in notices(Told(submission=submission, judgement=judgement, host_name=host_name)):
        notify(notice)
