"""The language of ``.smtp`` files: see README.md beside this module."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lazaretto.core.decision import Disposition
from lazaretto.core.excess import ExcessAction, SendingLimits
from lazaretto.core.snapshot import (
    AddressRegistration,
    HeaderToken,
    OutboundProofs,
    TenantSnapshot,
    TlsPartner,
)
from lazaretto.core.submission import Submission
from lazaretto.edge.doors import Door
from lazaretto.edge.server import EdgeServer, ListenAddress, serve_edge
from lazaretto.edge.settings import EdgeSettings
from lazaretto.testing.edge_fakes import ACME, FAILURES, OTHER, FixedDirectory, MemorySpool

PATIENCE = 60.0
HOP_KEY = b"a key for tests"
HOST_NAME = "mx.lazaretto.example"
_STEP = re.compile(r"(?P<kind>[CRSTXZ-]|after)(?:\*(?P<times>\d+))?:(?: (?P<text>.*))?\Z")
_ESCAPE = re.compile(r"\\(r|n|t|0|\\|x[0-9a-f]{2})")
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
_FIELDS = {"token": "outbound_proofs", "partner": "tls_partners", "limits": "sending_limits"}
_QUICK: dict[str, Any] = {"banner_delay": 0.02, "error_delay": 0.0}


@dataclass(slots=True)
class Step:
    """One line of a conversation."""

    number: int
    kind: str
    text: str
    times: int = 1


@dataclass(slots=True)
class Conversation:
    """A file, read."""

    rule: str
    settings: dict[str, str] = field(default_factory=dict)
    tenants: dict[str, dict[str, str]] = field(default_factory=dict)
    look: dict[str, Disposition] = field(default_factory=dict)
    behind: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


def read_conversation(path: Path) -> Conversation:
    """Return the conversation in ``path``; raise ``ValueError`` at the first line that means nothing."""
    lines = path.read_text(encoding="utf-8").split("\n")
    if not lines[0].startswith("# "):
        raise ValueError(f"{path.name}: line 1 is the rule")
    conversation = Conversation(lines[0][2:])
    for number, line in enumerate(lines[1:], 2):
        if line and not line.startswith("#"):
            _read_line(conversation, number, line)
    return conversation


def _read_line(conversation: Conversation, number: int, line: str) -> None:
    if line.startswith("! "):
        _read_directive(conversation, line[2:])
    elif line.startswith("@"):
        conversation.steps.append(Step(number, "@", line[1:]))
    elif found := _STEP.match(line):
        conversation.steps.append(Step(number, found["kind"], found["text"] or "", int(found["times"] or 1)))
    else:
        raise ValueError(f"line {number} is no step: {line}")


def _read_directive(conversation: Conversation, directive: str) -> None:
    left, _, value = directive.partition(" = ")
    match left.split():
        case ["setting", name]:
            conversation.settings[name] = value
        case ["tenant", tenant, name]:
            conversation.tenants.setdefault(tenant, {})[name] = value
        case ["look", recipient]:
            conversation.look[recipient] = Disposition[value.upper()]
        case [("commit" | "refuse" | "intake" | "room" | "tls" | "words") as what]:
            conversation.behind[what] = value
        case _:
            raise ValueError(f"no such directive: {directive}")


class Stage:
    """An edge for one conversation, and what is behind it."""

    def __init__(self, conversation: Conversation, tls: ssl.SSLContext) -> None:
        self.spool = MemorySpool(
            dispositions=conversation.look,
            reply_text=_unescape(conversation.behind.get("words", "")).decode(),
        )
        self.directory = FixedDirectory(*(_tenant(each, conversation) for each in (ACME, OTHER)))
        behind = conversation.behind
        self.spool.commit_fails = FAILURES[behind["commit"]] if "commit" in behind else None
        self.spool.refuse_fails = FAILURES[behind["refuse"]] if "refuse" in behind else None
        self.spool.intake_fails = FAILURES[behind["intake"]] if "intake" in behind else None
        self.spool.room = behind.get("room") != "no"
        self.edge: EdgeServer = serve_edge(
            EdgeSettings.model_validate({**_QUICK, **_settings(conversation)}),
            self.spool.seams(self.directory),
            [ListenAddress("127.0.0.1", 0, door) for door in (Door.PUBLIC, Door.BALANCER)],
            host_name=HOST_NAME,
            tls=None if behind.get("tls") == "off" else tls,
            hop_key=HOP_KEY,
        )


def _settings(conversation: Conversation) -> dict[str, Any]:
    return {
        name: json.loads(value) if value.startswith("[") else value
        for name, value in conversation.settings.items()
    }


def _tenant(tenant: TenantSnapshot, conversation: Conversation) -> TenantSnapshot:
    for name, value in conversation.tenants.get(tenant.name, {}).items():
        field = _FIELDS.get(name, name)
        tenant = replace(tenant, **{field: _value(name, value)})
    return tenant


def _value(name: str, value: str) -> Any:
    if name == "address_registration":
        return AddressRegistration(value)
    if name == "similar_messages":
        return ExcessAction(value)
    if name == "limits":
        external, internal, day, action = value.split()
        return SendingLimits(
            external_per_hour=int(external),
            internal_per_hour=int(internal),
            per_day=int(day),
            action=ExcessAction(action),
        )
    if name == "administrators":
        return tuple(value.split())
    if name == "token":
        field, _, secret = value.partition(": ")
        return OutboundProofs(header_tokens=(HeaderToken(name=field, value=secret),))
    if name == "partner":
        domain, version, *excluded = value.split()
        partner = TlsPartner(
            domain=domain, minimum_version=version, inbound=True, excluded=frozenset(excluded)
        )
        return {domain: partner}
    return value == "true" if value in ("true", "false") else int(value)


class Line:
    """The client's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """Return the next reply, its lines joined by line feeds."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readuntil(b"\r\n"), PATIENCE))[:-2].decode("ascii")
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    async def start_tls(self, version: str = "") -> None:
        """Shake hands; our certificate is our own, so nothing of it is checked."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.maximum_version = ssl.TLSVersion[version]
        await asyncio.wait_for(self.writer.start_tls(context), PATIENCE)

    async def end(self) -> bytes:
        """Return what comes until the server closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionError:
            return b""


class Player:
    """Plays the client's part and checks the server's."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lines: dict[str, Line] = {}
        self._now = "a"

    async def play(self, conversation: Conversation) -> None:
        """Hold the whole conversation; an assertion names the line that failed."""
        for steps in _groups(conversation.steps):
            try:
                await self._play_group(steps)
            except (AssertionError, TimeoutError, asyncio.IncompleteReadError, ConnectionError) as failure:
                raise AssertionError(f"line {steps[0].number}: {steps[0].text!r}: {failure!r}") from failure

    async def hang_up(self) -> None:
        """Close every connection."""
        for line in self._lines.values():
            line.writer.transport.abort()

    async def _play_group(self, steps: list[Step]) -> None:
        first = steps[0]
        if first.kind == "@":
            name, _, source = first.text.partition(" ")
            await self._open(name, source or "127.0.0.1")
            return
        if first.kind == "after":
            await eventually(lambda: check(self._stage, first.text))
            return
        if self._now not in self._lines:
            await self._open(self._now, "127.0.0.1")
        await self._step(self._lines[self._now], steps)

    async def _open(self, name: str, source: str) -> None:
        self._now = name
        if name not in self._lines:
            # A connection whose name begins so comes from a balancer.
            address = self._stage.edge.addresses[1 if name.startswith("balanced") else 0]
            pair = await asyncio.open_connection(address.host, address.port, local_addr=(source, 0))
            self._lines[name] = Line(*pair)

    async def _step(self, line: Line, steps: list[Step]) -> None:
        match steps[0].kind:
            case "C" | "R":
                line.writer.write(b"".join(map(_octets, steps)))
                await line.writer.drain()
            case "S":
                for count in range(steps[0].times):
                    _check_text(await line.reply(), steps[0].text, f"reply {count}")
            case "T":
                await line.start_tls(steps[0].text)
            case "Z":
                rest = await line.end()
                assert rest == b"", f"before closing it said {rest!r}"
            case "X":
                line.writer.close()
                await line.writer.wait_closed()
            case "-":
                await _check_silence(line, float(steps[0].text))


def _groups(steps: list[Step]) -> Iterator[list[Step]]:
    """Yield steps one by one, but what a client sends without waiting in one piece."""
    group: list[Step] = []
    for step in steps:
        if group and not (step.kind in "CR" and group[0].kind in "CR"):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _octets(step: Step) -> bytes:
    if step.times > 1:
        once = [Step(step.number, step.kind, step.text.replace("{n}", str(n))) for n in range(step.times)]
        return b"".join(map(_octets, once))
    return _unescape(step.text) if step.kind == "R" else step.text.encode() + b"\r\n"


def _unescape(text: str) -> bytes:
    out, place = bytearray(), 0
    for found in _ESCAPE.finditer(text):
        out += text[place : found.start()].encode()
        code = found[1]
        out += bytes([int(code[1:], 16)]) if code.startswith("x") else _ESCAPES[code].encode()
        place = found.end()
    return bytes(out + text[place:].encode())


async def _check_silence(line: Line, seconds: float) -> None:
    try:
        said = await asyncio.wait_for(line.reader.read(100), seconds)
    except TimeoutError:
        return
    raise AssertionError(f"it said {said!r}")


def _check_text(got: str, wanted: str, what: str) -> None:
    pattern = ".*".join(map(re.escape, wanted.replace("\\n", "\n").split("…")))
    assert re.fullmatch(pattern, got, re.DOTALL), f"{what} is {got!r}"


async def eventually(holds: Any) -> None:
    """Wait until ``holds()`` raises no AssertionError, or raise its last one at the deadline."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            return holds()
        except AssertionError:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(0.01)


def check(stage: Stage, text: str) -> None:
    """Assert what an ``after:`` line says."""
    subject, _, wanted = text.partition(" ")
    if subject == "kept" and wanted.isdigit():
        assert len(stage.spool.kept) == int(wanted), f"{len(stage.spool.kept)} messages were kept"
    elif subject == "kept":
        what, _, value = wanted.partition(" ")
        assert stage.spool.kept, "nothing was kept"
        _check_kept(stage.spool.kept[-1][0], what, value)
    elif subject == "refused":
        assert len(stage.spool.refused) == int(wanted), f"{len(stage.spool.refused)} were refused"
    elif subject == "noted":
        notes = [f"{note.stage} {note.reason}" for note in stage.spool.noted]
        assert wanted in notes or (wanted == "nothing" and not notes), f"noted: {notes}"
    elif subject == "notified":
        told = sorted({recipient for notice in stage.spool.notices for recipient in notice.recipients})
        assert ", ".join(told) == wanted, told
    elif subject == "counted":
        name, _, number = wanted.partition(" ")
        assert getattr(stage.edge.counters, name) == int(number)
    elif subject == "stored":
        assert stage.spool.written < int(wanted.removeprefix("< ")), (
            f"{stage.spool.written} octets were stored"
        )
    else:
        raise ValueError(f"after what? {text}")


def _check_kept(submission: Submission, what: str, wanted: str) -> None:
    match what:
        case "octets":
            got = (submission.content.octets or b"").decode("latin-1")
            _check_text(
                got, _unescape(wanted.replace("…", "\\x00\\x01")).decode("latin-1").replace("\0\1", "…"), what
            )
        case "from":
            assert submission.envelope.reverse_path == wanted.removeprefix("<>"), (
                submission.envelope.reverse_path
            )
        case "to":
            got = ", ".join(recipient.address for recipient in submission.envelope.recipients)
            assert got == wanted, got
        case "legs":
            _check_text("; ".join(_leg_words(submission)), wanted, what)
        case "excess":
            got = ", ".join(_excess_words(submission)) or "none"
            assert got == wanted, got
        case "with":
            _check_text(submission.trace_header.decode("ascii"), _unescape(wanted).decode(), what)
        case "channel":
            _check_text(_channel_words(submission), wanted, what)
        case "notes":
            assert ", ".join(submission.notes) == wanted, submission.notes
        case "envelope":
            _check_text(repr(submission.envelope), wanted, what)
        case _:
            raise ValueError(f"kept what? {what}")


def _channel_words(submission: Submission) -> str:
    channel = submission.client.channel
    assert channel is not None
    words = [
        submission.legs[0].tls_policy,
        "offered" if channel.advertised else "not offered",
        f"{channel.protocol} {channel.cipher} {channel.bits}" if channel.used else "in clear",
        "forward secrecy" if channel.forward_secrecy else "no forward secrecy",
    ]
    if channel.fallback_reason:
        words.append(channel.fallback_reason)
    if channel.failure:
        words.append(f"failed: {channel.failure}")
    return ", ".join(words)


def _excess_words(submission: Submission) -> Iterator[str]:
    for leg in submission.legs:
        if leg.excess is not None:
            what = "held" if leg.excess.is_held else "taken"
            yield f"{leg.excess.limit.value} {leg.excess.counted} of {leg.excess.allowed} {what}"


def _leg_words(submission: Submission) -> Iterator[str]:
    names = {ACME.tenant: ACME.name, OTHER.tenant: OTHER.name}
    for leg in submission.legs:
        addresses = " ".join(recipient.address for recipient in leg.recipients)
        yield f"{names[leg.tenant]} {leg.direction.value} {addresses}"
