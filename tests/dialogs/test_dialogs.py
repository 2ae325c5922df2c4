"""Every conversation beside this module goes as written."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.dialogs.conversation import Player, Stage, read_conversation

HERE = Path(__file__).resolve().parent
FILES = sorted(HERE.glob("*/*.smtp"))


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
async def test_the_conversation_goes_as_written(path: Path, tls: ssl.SSLContext) -> None:
    conversation = read_conversation(path)
    stage = Stage(conversation, tls)
    player = Player(stage)
    await stage.edge.start()
    try:
        await player.play(conversation)
    finally:
        await player.hang_up()
        await stage.edge.close()

    assert stage.spool.open_contents == 0, "content was left behind"
    assert not stage.edge.counters.refusals["internal fault"]
