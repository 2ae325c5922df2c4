"""The largest message that any tenant may allow passes through without being in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

_PASS_THROUGH = """
import asyncio, hashlib, json, resource, sys, time
from pathlib import Path
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import Intake, discard
from lazaretto.spool.keys import Keys
from lazaretto.spool.temporary import TemporaryFolder
from lazaretto.testing.tenant_keys import KeysInMemory

home, size = Path(sys.argv[1]), int(sys.argv[2])
PIECE = bytes(range(256)) * 256

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

async def pass_through():
    keys = await Keys.open(home / "master.key", KeysInMemory())
    store = Contents(keys, None, FileContent(home / "content"))
    before, begun = peak(), time.monotonic()
    with TemporaryFolder(home / "tmp") as folder:
        intake = Intake(folder.path, ContentSettings())
        for _ in range(size // len(PIECE)):
            intake.write(PIECE)
        received = intake.finish()
        message = new_message_id()
        refs = [await store.keep(received, TenantId(n), message) for n in (1, 2)]
        discard(received)
    digests = []
    for ref in refs:
        digest = hashlib.sha256()
        async for piece in store.stream(ref):
            digest.update(piece)
        digests.append(digest.digest() == received.sha256)
        octets = await store.open(ref)
        assert octets[500_000_000:500_000_010] == (PIECE * 2)[500_000_000 % 65536 :][:10]
        assert octets.find(b"not there", size - 5_000_000) == -1
        await store.remove(ref)
    print(json.dumps({"right": digests, "kilobytes": peak() - before, "seconds": time.monotonic() - begun}))

asyncio.run(pass_through())
"""


def test_a_message_of_1000_megabytes_for_two_tenants_takes_a_few_megabytes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PASS_THROUGH, tmp_path, "1000000000"], capture_output=True, check=True
    )

    told = json.loads(done.stdout)
    assert told["right"] == [True, True]
    assert told["kilobytes"] < 40_000
