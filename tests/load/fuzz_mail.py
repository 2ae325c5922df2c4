"""Feeds the code of sender authentication, headers, URLs, HTML and MIME what nobody would write.

    python -m tests.load.fuzz_mail FOLDER [SECONDS]

As ``tests.load.fuzz``, but without files and without detectors, so that a round takes a hundredth of the
time: the first octet of an input says which of five parsers the rest is for, and each answer must hold
what that parser promises.  ``LAZARETTO_CORPORA`` may name the shared corpora; then some of the real mail
is among the seeds.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lazaretto.mail", "lazaretto.detect.authentication"]):
    from lazaretto.detect.authentication.arc import key_names, validate
    from lazaretto.detect.authentication.author import author_of
    from lazaretto.detect.authentication.canonical import BodyDigests
    from lazaretto.detect.authentication.dkim import verify_all
    from lazaretto.detect.authentication.dmarc_record import parse_record
    from lazaretto.detect.authentication.evaluating import authenticate
    from lazaretto.detect.authentication.fields import RawMessage
    from lazaretto.detect.authentication.results_header import authentication_results
    from lazaretto.detect.authentication.spf import check_host
    from lazaretto.mail.colours import colour_of
    from lazaretto.mail.editing import insert_field, prefix_subject
    from lazaretto.mail.encoded_words import decode
    from lazaretto.mail.html import html_view
    from lazaretto.mail.inserting import End, inserted
    from lazaretto.mail.mailboxes import mailboxes_of
    from lazaretto.mail.parameters import ParameterList
    from lazaretto.mail.preview import preview_of
    from lazaretto.mail.scanner import view_of
    from lazaretto.mail.splicing import splice
    from lazaretto.mail.styles import style_of
    from lazaretto.mail.urls import in_text, parse

from lazaretto.actions.joining import joined
from lazaretto.core.envelope import Client
from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Gathered
from tests.load.fuzz_look import SIGNED
from tests.unit.detect.test_looks_at_anything import LETTER

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]")
LOOP = asyncio.new_event_loop()
LONGEST = 4_000
SLOWEST = 5.0
"""Seconds of processor time that one small input may take."""
MOST_QUESTIONS = 112
"""What a record may make us ask: itself, and ten look-ups with ten hosts each (RFC 7208 §4.6.4)."""


class Everywhere:
    """A DNS in which every name holds the same texts."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._answer = DnsAnswer(DnsStatus.ANSWER, texts, 60)
        self.asked = 0

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        """Return them; an address or a host is what the first text says."""
        self.asked += 1
        return self._answer


def authentication(data: bytes) -> None:
    """Authenticate a message against its own first line as the record of everybody."""
    text = data.partition(b"\n")[0].decode("latin-1")
    resolver = Everywhere((text,))
    told = LOOP.run_until_complete(
        check_host(ip="192.0.2.1", reverse_path="a@b.example", helo="h", resolver=resolver)
    )
    assert told.result in set(AuthResult)
    assert resolver.asked <= MOST_QUESTIONS, f"{resolver.asked} questions"
    parse_record(text)
    message = RawMessage(data)
    answer = DnsAnswer(DnsStatus.ANSWER, (text,))
    # No input here has a signature that could be right: its key would have to be made for it.
    outcomes = verify_all(message, lambda _: answer, NOW, BodyDigests(message))
    assert all(each.result is not AuthResult.PASS for each in outcomes)
    assert validate(message, lambda _: answer, BodyDigests(message)).result is not AuthResult.PASS
    assert len(key_names(message.fields, 10)) <= 10
    gathered = Gathered(received_at=NOW, client=Client(ip="192.0.2.1"), spf=told, dns={})
    facts = authenticate(view_of(data), gathered, "a@b.example", ("bob@customer.example",))
    assert b"\r\n\r\n" not in authentication_results(facts, "mx.example")


def header(data: bytes) -> None:
    """Read fields: names, words, mailboxes and parameters; an author is plain or a problem."""
    view = view_of(data)
    for field in view.header.fields[:50]:
        assert view.first(field.name) is not None
        decode(field.raw)
        ParameterList(field.raw).first("boundary")
        for each in mailboxes_of(field.raw):
            assert each.address.domain == each.address.domain.lower()
    author = author_of(RawMessage(data).fields)
    assert bool(author.domain) != bool(author.problem)
    assert len(view.subject) <= len(data)


def urls(data: bytes) -> None:
    """Find addresses in a text; the shown text of each can be read again."""
    text = data.decode("utf-8", "replace")
    parse(text)
    for url in in_text(text):
        again = parse(url.text)
        # Other characters in a host no browser goes to.
        if url.scheme in ("http", "https", "ftp") and HOST.fullmatch(url.host):
            assert again is not None
            assert again.host == url.host, f"{url.host} {again.host}"


def html(data: bytes) -> None:
    """Read a page as its reader would see it."""
    text = data.decode("utf-8", "replace")
    html_view(text)
    style_of(text[:500])
    colour_of(text[:100])


def mime(data: bytes) -> None:
    """Take a message apart, and change it: nothing spliced is the message, and a change keeps its parts."""
    view = view_of(data)
    assert b"".join(splice(view.octets, ())) == data
    for part in view.parts:
        part.decoded(1 << 20)
        for end in End:
            inserted(part, "Banner \u00e9", end, b"\r\n")
    changes = joined((*insert_field(view, "X-Seen", "yes"), *prefix_subject(view, "[SPAM] ")))
    changed = view_of(b"".join(splice(view.octets, changes)))
    assert changed.header.first("x-seen") is not None
    assert len(changed.parts) == len(view.parts)
    preview_of(view)


PARSERS: tuple[Callable[[bytes], None], ...] = (authentication, header, urls, html, mime)


def one_input(data: bytes) -> None:
    """Give ``data`` to the parser that its first octet names; raise for what takes too long."""
    if not data:
        return
    began = time.thread_time()
    PARSERS[data[0] % len(PARSERS)](data[1:])
    if time.thread_time() - began > SLOWEST:
        raise TimeoutError(f"{time.thread_time() - began:.1f} s")


def seeds() -> Iterator[bytes]:
    """Yield what inputs are made from."""
    yield from (LETTER, SIGNED + LETTER)
    yield b"v=DMARC1; p=reject; np=none\r\n" + LETTER
    yield (
        b"v=spf1 include:%{d2} a/24 mx//64 exists:%{ir}.x.example redirect=%{o} exp=e.example ~all\r\n"
        + LETTER
    )
    yield b"v=DKIM1; k=ed25519; t=s:y; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\r\n" + SIGNED + LETTER
    yield (
        b"see https://u:p@[2001:db8::1]:8080/a%2fb?q=1#f, www.b\xc3\xbccher.example. http://0x7f.1/ "
        b'"mailto:a@b.example"'
    )
    yield (
        b"<base href=//x.example><a href='java\tscript:1'>a</a><p style='font-size:0;color:rgb(1 2 3/.5)'>x"
        b"</p><svg><a xlink:href=b>"
    )
    corpora = os.environ.get("LAZARETTO_CORPORA")
    for archive in sorted((Path(corpora) / "mail").glob("*.tar.xz")) if corpora else ():
        with tarfile.open(archive) as packed:
            small = (each for each in packed if each.isfile() and each.size < LONGEST)
            for member, _ in zip(small, range(12), strict=False):
                content = packed.extractfile(member)
                assert content is not None
                yield content.read()


def main() -> None:
    """Fuzz until the time is over."""
    folder = Path(sys.argv[1])
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    place = folder / "mail"
    place.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(seeds()):
        for kind in range(len(PARSERS)):
            (place / f"{kind}-{number}").write_bytes(bytes([kind]) + octets)
    options = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={folder}/",
        f"-max_len={LONGEST}",
        "-timeout=60",
    ]
    atheris.Setup([sys.argv[0], str(place), *options], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
