"""A signed bundle is in force on a running platform within seconds, and leaves as easily."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lazaretto.intelligence.bundle_keys import SecretKey
from lazaretto.run.bundles import build, export_built_in
from lazaretto.run.certificate import ensure_certificate
from tests.integration.running_product import answer, eventually, queued_as, running_product
from tests.integration.test_commands import said
from tests.journeys.conftest import Platform

pytestmark = pytest.mark.integration

KEY = SecretKey.make()
PATIENCE = 90.0


@dataclass(frozen=True)
class Source:
    """An HTTPS server on loopback."""

    folder: Path
    address: str


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    folder = tmp_path_factory.mktemp("source")
    tls = tmp_path_factory.mktemp("tls")
    ensure_certificate(tls / "edge.crt", tls / "edge.key", "localhost")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "edge.crt", tls / "edge.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (folder / "authorities.pem").write_bytes((tls / "edge.crt").read_bytes())
    yield Source(folder, f"https://localhost:{server.server_address[1]}")
    server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, source: Source) -> Iterator[Platform]:
    settings = (
        f'[bundles]\ntrusted_keys = ["{KEY.public.text}"]\n'
        f'authorities = "{source.folder / "authorities.pem"}"\n'
        f'source = "{source.address}/always.bundle"\nfetch_every = 10\n[scan]\nworkers = 1\n'
    )
    with running_product(tmp_path_factory.mktemp("bundles"), settings) as made:
        yield made


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """A folder to build bundles from, as the program's own."""
    export_built_in(tmp_path / "knowledge")
    return tmp_path / "knowledge"


def _built(knowledge: Path, version: int, name: str = "test.bundle") -> Path:
    file = knowledge.parent / name
    file.write_bytes(build(knowledge, version, "a test", datetime.now(UTC)).sign(KEY).octets())
    return file


def _next_version(platform: Platform) -> int:
    history = json.loads(said(platform, "bundle", "status", "--json").out)["history"]
    return 1 + max((each["version"] or 0 for each in history), default=0)


def _letter(payload: bytes) -> bytes:
    return (
        b"From: Ann <ann@partner.example>\r\nTo: bob@one.example\r\nSubject: plan\r\nMIME-Version: 1.0\r\n"
        b"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <p@partner.example>\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
        b"Here is the plan.\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b'Content-Disposition: attachment; filename="plan.bin"\r\n\r\n' + payload + b"\r\n--b--\r\n"
    )


def _looked_at(platform: Platform, octets: bytes) -> tuple[str, str]:
    """Return the verdict about ``octets`` and the bundle that it names."""
    identity = queued_as(answer(platform, octets))
    story = platform.story(identity, "delivered", "quarantined")
    scanned = next(each for each in story["events"] if each["event"] == "scanned")
    return story["verdict"], scanned["versions"]["bundle"]


def test_a_bundle_comes_into_force_without_a_restart_and_goes_again(
    platform: Platform, knowledge: Path
) -> None:
    payload = b"the plans of the mill, as of yesterday"
    version = _next_version(platform)
    before = _looked_at(platform, _letter(payload))
    assert before[0] == "clean"
    assert before[1].startswith("built-in")

    sums = knowledge / "malware" / "hashes" / "more.txt"
    sums.write_text(f"{hashlib.sha256(payload).hexdigest()} Mill.Plan\n")
    told = said(platform, "bundle", "install", str(_built(knowledge, version)))
    assert (told.code, told.out) == (0, f"bundle {version} is in force\n"), told.err
    assert f"bundle {version}" in said(platform, "audit", "list", "--act", "bundle.install").out

    assert _looked_at(platform, _letter(payload)) == ("malware", str(version))

    told = said(platform, "bundle", "rollback")
    assert (told.code, "is in force" in told.out) == (0, True), told.err
    assert _looked_at(platform, _letter(payload))[0] == "clean"

    told = said(platform, "bundle", "install", str(_built(knowledge, version, "again.bundle")))
    assert (told.code, "is not newer than" in told.err) == (1, True)


def test_a_bundle_that_cannot_be_loaded_changes_nothing(platform: Platform, knowledge: Path) -> None:
    rules = knowledge / "content" / "rules"
    (rules / "broken.toml").write_text('[[rule]]\nname = "HALF_A_RULE"\n')
    file = _built(knowledge, _next_version(platform))

    told = said(platform, "bundle", "install", str(file))

    assert told.code == 1
    assert "cannot be used by this program" in told.err
    assert said(platform, "bundle", "status").out.startswith("in force: built-in")


def test_a_bundle_is_fetched_over_https(platform: Platform, knowledge: Path, source: Source) -> None:
    version = _next_version(platform)
    (source.folder / "new.bundle").write_bytes(_built(knowledge, version).read_bytes())

    told = said(platform, "bundle", "install", f"{source.address}/new.bundle")
    assert (told.code, told.out) == (0, f"bundle {version} is in force\n"), told.err

    assert said(platform, "bundle", "install", f"{source.address}/absent").code == 1
    told = said(platform, "bundle", "install", source.address.replace("https", "http"))
    assert "https://" in told.err
    assert said(platform, "bundle", "rollback", "--to", "0").code == 0


def test_what_the_source_has_comes_into_force_by_itself_once(
    platform: Platform, knowledge: Path, source: Source
) -> None:
    payload = b"the plans of the mill, as of tomorrow"
    sums = knowledge / "malware" / "hashes" / "more.txt"
    sums.write_text(f"{hashlib.sha256(payload).hexdigest()} Mill.Later\n")
    version = _next_version(platform)
    octets = _built(knowledge, version, "always.bundle").read_bytes()
    place = source.folder / "always.bundle"

    place.write_bytes(octets[:-20] + b"x" + octets[-19:])
    eventually(lambda: "was changed" in str(_source_of(platform)["problem"]), PATIENCE)
    told = said(platform, "doctor")
    assert (told.code, "was changed" in told.out) == (1, True), told.out
    assert "the rules before stay in force" in told.out
    eventually(lambda: "bundle-refused" in _troubles_of(platform), PATIENCE)

    place.write_bytes(octets)
    eventually(lambda: _versions_at_work(platform) == {version}, PATIENCE)
    assert _looked_at(platform, _letter(payload)) == ("malware", str(version))
    eventually(lambda: _source_of(platform)["problem"] is None, PATIENCE)
    eventually(lambda: "bundle-refused" not in _troubles_of(platform), PATIENCE)

    # Nobody's replay undoes the rollback: what was installed once is not newer.
    assert said(platform, "bundle", "rollback", "--to", "0").code == 0
    seen = _source_of(platform)["looked_at"]
    eventually(lambda: _source_of(platform)["looked_at"] != seen, PATIENCE)
    assert _status_of(platform)["in_force"] is None
    place.unlink()


def _troubles_of(platform: Platform) -> str:
    return str(said(platform, "troubles", "--json").out)


def _status_of(platform: Platform) -> dict[str, Any]:
    status = json.loads(said(platform, "bundle", "status", "--json").out)
    assert isinstance(status, dict)
    return status


def _versions_at_work(platform: Platform) -> set[int | None]:
    return {each["version"] for each in _status_of(platform)["machines"]}


def _source_of(platform: Platform) -> dict[str, Any]:
    source = _status_of(platform)["source"]
    assert isinstance(source, dict)
    return source


def test_a_newer_bundle_releases_or_convicts_what_is_suspected_and_finds_what_was_delivered(
    platform: Platform, knowledge: Path
) -> None:
    platform.publish("careful", "careful.example", "malware_handling: {proactive: quarantine}\n")
    script = b"WScript.Echo('the plan %d');\r\n" * 3
    harmless, harmful = (script.replace(b"%d", number) for number in (b"1", b"2"))

    def sent(payload: bytes, name: bytes, recipient: str) -> str:
        octets = _letter(payload).replace(b"plan.bin", name).replace(b"bob@one.example", recipient.encode())
        return queued_as(answer(platform, octets, recipient))

    suspected = [sent(each, b"plan.js", "bob@careful.example") for each in (harmless, harmful)]
    for identity in suspected:
        platform.story(identity, "quarantined")
    delivered = sent(harmful, b"plan.dat", "bob@one.example")
    link = _letter(b"harmless").replace(b"Here is", b"See https://www.late-list.example/some/page. Here is")
    linked = queued_as(answer(platform, link))
    for identity in (delivered, linked):
        platform.story(identity, "delivered")

    sums = knowledge / "malware" / "hashes" / "more.txt"
    sums.write_text(f"{hashlib.sha256(harmful).hexdigest()} Plan.Evil\n")
    (knowledge / "malware" / "urls" / "more.txt").write_text("late-list.example malware Late.Place\n")
    file = _built(knowledge, _next_version(platform))
    assert said(platform, "bundle", "install", str(file)).code == 0

    released = platform.story(suspected[0], "delivered")
    assert any(each["event"] == "released" for each in released["events"])
    told = eventually(lambda: _convicted(platform, {suspected[1], delivered, linked}), PATIENCE)
    assert told[suspected[1]]["late"] is False
    assert (told[linked]["late"], "Late.Place" in told[linked]["cause"]) == (True, True)
    assert (told[delivered]["late"], "Plan.Evil" in told[delivered]["cause"]) == (True, True)
    assert said(platform, "bundle", "rollback", "--to", "0").code == 0


def _convicted(platform: Platform, wanted: set[str]) -> dict[str, Any] | None:
    """Return our part of the malware events about ``wanted`` once there is one about each."""
    lines = said(platform, "malware-events", "--since", "1h", "--json").out.split("\n")
    events = {each["xMsgRef"]: each["lazaretto"] for each in map(json.loads, filter(None, lines))}
    return {each: events[each] for each in wanted} if wanted <= set(events) else None


def test_what_is_not_signed_by_a_trusted_key_is_refused(platform: Platform, knowledge: Path) -> None:
    file = _built(knowledge, _next_version(platform))
    octets = file.read_bytes()
    file.write_bytes(octets[:-20] + b"x" + octets[-19:])

    told = said(platform, "bundle", "install", str(file))

    assert (told.code, "was changed" in told.err) == (1, True), told.err


def test_no_mail_is_lost_or_unscannable_while_bundles_change(platform: Platform, knowledge: Path) -> None:
    file = _built(knowledge, _next_version(platform))
    enough = threading.Event()
    accepted: list[str] = []

    def send() -> None:
        while not enough.wait(0.2):
            accepted.append(
                queued_as(answer(platform, _letter(b"harmless"), sender="streamer@partner.example"))
            )

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert said(platform, "bundle", "install", str(file)).code == 0
        assert said(platform, "bundle", "rollback", "--to", "0").code == 0
    finally:
        enough.set()
        sender.join()

    verdicts = eventually(lambda: _verdicts(platform, accepted), PATIENCE)
    assert set(verdicts.values()) == {"clean"}


def _verdicts(platform: Platform, identities: list[str]) -> dict[str, str] | None:
    """Return the verdicts by id once there are all."""
    told = said(platform, "trace", "--sender", "streamer@partner.example", "--limit", "10000", "--json").out
    stories = map(json.loads, filter(None, told.split("\n")))
    verdicts = {each["id"]: each["verdict"] for each in stories if each["verdict"]}
    return verdicts if set(identities) <= set(verdicts) else None
