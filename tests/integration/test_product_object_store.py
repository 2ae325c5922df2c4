"""Large content in a real S3 server: sealed there, delivered as it came, removed when nobody needs it."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.testing.s3_server import S3Server, s3_server
from tests.integration.running_product import (
    LARGE,
    answer,
    copies,
    eventually,
    infected,
    letter,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform

pytestmark = pytest.mark.integration

SETTINGS = """\
[spool]
keep_settled = 0.0
[edge]
banner_delay = 0.0
[content]
place = "s3"
[content.object_store]
bucket = {bucket}
endpoint = {endpoint}
access_key_id = {access_key_id}
secret_access_key = {secret}
allow_http = true
timeout = 5.0
retry_for = 1.0
"""


@dataclass(frozen=True)
class Place:
    """A product whose large content rests in ``store``."""

    platform: Platform
    store: S3Server

    def objects(self) -> list[str]:
        """Return the references of everything that rests in the bucket."""

        async def listed() -> list[str]:
            home = Home.at(self.platform.product.home)
            async with spool_room(home, load_settings(home), "test") as room:
                future = datetime.now(UTC) + timedelta(days=1)
                return [reference async for reference in room.places[0].older_than(future)]

        return asyncio.run(listed())

    def keep_house(self) -> None:
        """Do what is due now."""

        async def kept() -> None:
            home = Home.at(self.platform.product.home)
            settings = load_settings(home)
            async with spool_room(home, settings, "test") as room:
                await Housekeeping(room.pool, room.contents, settings.spool).keep(datetime.now(UTC))

        asyncio.run(kept())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("objects")
    with s3_server(folder / "s3") as server:
        settings = server.settings
        text = SETTINGS.format(
            bucket=json.dumps(settings.bucket),
            endpoint=json.dumps(settings.endpoint),
            access_key_id=json.dumps(settings.access_key_id),
            secret=json.dumps(settings.secret_access_key.get_secret_value()),
        )
        with running_product(folder, text) as platform:
            yield Place(platform, server)


def files_with(folder: Path, word: bytes) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]


def test_a_large_message_rests_sealed_in_the_object_store_and_is_delivered_as_it_came(place: Place) -> None:
    token = secrets.token_hex(24)
    large = letter(token, lines=LARGE)
    resting = infected(token) + letter(lines=LARGE).partition(b"\r\n\r\n")[2]

    delivered = queued_as(answer(place.platform, large))
    quarantined = queued_as(answer(place.platform, resting))

    (copy,) = copies(place.platform, delivered)
    assert copy.endswith(large)
    place.platform.story(quarantined, "quarantined")
    references = place.objects()
    assert any(quarantined in reference for reference in references)
    assert list((place.platform.product.home / "content").rglob("*-*")) == []
    assert files_with(place.store.folder, quarantined.encode())  # the object is there, under its name
    for word in (token.encode(), base64.b64encode(token.encode()), b"the mill sends two quotes"):
        assert files_with(place.store.folder, word) == []


def test_objects_go_when_nobody_needs_them_and_a_quarantined_one_stays_until_released(place: Place) -> None:
    large, resting = letter(lines=LARGE), infected() + letter(lines=LARGE).partition(b"\r\n\r\n")[2]
    done = queued_as(answer(place.platform, large))
    held = queued_as(answer(place.platform, resting))
    copies(place.platform, done)
    place.platform.story(done, "delivered")
    place.platform.story(held, "quarantined")
    assert any(done in reference for reference in place.objects())

    place.keep_house()

    left = place.objects()
    assert [reference for reference in left if done in reference] == []
    assert [reference for reference in left if held in reference] != []
    place.platform.product.command("quarantine", "release", held)
    (copy,) = copies(place.platform, held)
    assert copy.endswith(resting)
    place.platform.story(held, "delivered")
    place.keep_house()
    assert [reference for reference in place.objects() if held in reference] == []


def test_while_the_object_store_is_away_large_mail_is_put_off_and_small_mail_flows(place: Place) -> None:
    large = letter(lines=LARGE)
    place.store.stop()
    try:
        reply = answer(place.platform, large)
        small = queued_as(answer(place.platform, letter()))
        copies(place.platform, small)
    finally:
        place.store.start()

    assert reply.startswith("451 4.3.0")
    again = eventually(lambda: (said := answer(place.platform, large)).startswith("250") and said)
    (copy,) = copies(place.platform, queued_as(again))
    assert copy.endswith(large)
    assert wrong_balances(place.platform) == []
