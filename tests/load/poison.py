"""Messages that are made to exhaust whoever looks at them, and what they must come to."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import zstandard

from tests.unit.detect.malware.containers import a_compound, a_letter, a_pdf, a_zip

GIBI: Final = 1 << 30
HEAD: Final = b"From: ann@partner.example\r\nTo: bob@customer.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def _zeros(pack: Callable[[bytes], bytes], size: int = 64 << 20) -> bytes:
    return pack(bytes(size))


def flat_zip_bomb() -> bytes:
    """Return 256 MiB of zeros in a small zip archive."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.bin", "w", force_zip64=True) as member,
    ):
        for _ in range(64):
            member.write(bytes(16 << 20))
    return buffer.getvalue()


def nested_zip_bomb() -> bytes:
    """Return archives of sixteen archives each, five deep, with 4 MiB in each of a million leaves."""
    inner = a_zip({"a.bin": bytes(4 << 20)})
    for _ in range(5):
        inner = a_zip({f"{number}.zip": inner for number in range(16)})
    return inner


def overlapping_zip_bomb() -> bytes:
    """Return an archive in which 2,000 directory entries share one member of 8 MiB."""
    sound = a_zip({"a.bin": bytes(8 << 20)})
    end = sound.rindex(b"PK\5\6")
    at = sound.index(b"PK\1\2")
    entry = sound[at:end]
    directory = b"".join(entry[:46] + b"%05d" % number for number in range(2_000))
    tail = struct.pack("<4s4HLLH", b"PK\5\6", 0, 0, 2_000, 2_000, len(directory), at, 0)
    return sound[:at] + directory + tail


def many_members() -> bytes:
    """Return an archive of 30,000 empty files."""
    return a_zip({f"{number}.txt": b"" for number in range(30_000)})


def quine_like_gzip() -> bytes:
    """Return a stream packed forty times over."""
    inner = b"x"
    for _ in range(40):
        inner = gzip.compress(inner)
    return inner


def xml_bomb() -> bytes:
    """Return an office document whose XML defines words by words by words."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]><w>&l9;</w>'.encode()
    return a_zip({"[Content_Types].xml": xml, "word/document.xml": xml, "word/_rels/document.xml.rels": xml})


def pdf_bomb() -> bytes:
    """Return a PDF document with a stream that is deflated twice, to a hundred megabytes."""
    inner = zlib.compress(zlib.compress(bytes(96 << 20)))
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    head = b"%%PDF-1.7\n1 0 obj\n<</Type /EmbeddedFile %s /Length %d>>\nstream\n" % (filters, len(inner))
    return head + inner + b"\nendstream\nendobj\n%%EOF"


def tar_of_holes() -> bytes:
    """Return a tar archive that claims a member of 8 GiB and ends at once."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("a.bin")
        entry.size = 8 * GIBI
        archive.fileobj.write(entry.tobuf(tarfile.GNU_FORMAT))  # type: ignore[union-attr]
    return buffer.getvalue()


def broken(octets: bytes, seed: int) -> bytes:
    """Return ``octets`` with damage."""
    chance = random.Random(seed)
    damaged = bytearray(octets)
    for _ in range(40):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def deep_mime(depth: int = 5_000) -> bytes:
    """Return a message of multiparts in multiparts."""
    line = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return HEAD + b"".join(line % (number, number) for number in range(depth)) + b"\r\nend\r\n"


def long_addresses() -> bytes:
    """Return a message whose fields of addresses have a megabyte."""
    field = b", ".join(b"(a(b)c) <@a,@b:x%d@partner.example>" % number for number in range(20_000))
    return HEAD + b"Cc: " + field[:900_000] + b"\r\nReply-To: " + b"(" * 100_000 + b"\r\n\r\nhello\r\n"


def many_parts() -> bytes:
    """Return a message of 20,000 parts."""
    part = b"--b\r\nContent-Type: text/html\r\n\r\n<a href=http://a.example>x</a>\r\n"
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 20_000 + b"--b--\r\n"


def catastrophic_text() -> bytes:
    """Return texts on which patterns that go back and forth never end."""
    texts = [b"a" * 200_000 + b"!", b"((((" * 50_000, b"x=" * 100_000, b"<" * 100_000 + b"script" * 10_000]
    return HEAD + b"Content-Type: text/html\r\n\r\n" + b"\r\n".join(texts)


def poisons() -> Mapping[str, bytes]:
    """Return the messages, by what is wrong with them."""
    files = {
        "flat zip bomb": flat_zip_bomb(),
        "nested zip bomb": nested_zip_bomb(),
        "overlapping zip bomb": overlapping_zip_bomb(),
        "very many members": many_members(),
        "gzip in gzip in gzip": quine_like_gzip(),
        "gzip bomb": _zeros(gzip.compress, 64 << 20),
        "bzip2 bomb": _zeros(bz2.compress, 64 << 20),
        "xz bomb": _zeros(lzma.compress, 64 << 20),
        "Zstandard bomb": _zeros(zstandard.ZstdCompressor().compress, 64 << 20),
        "PDF bomb": pdf_bomb(),
        "tar of holes": tar_of_holes(),
    }
    letters = {name: a_letter({"a.bin": content}) for name, content in files.items()}
    return {**letters, "deep MIME": deep_mime(), "very many parts": many_parts()}


def nuisances() -> Mapping[str, bytes]:
    """Return messages that are hard to read, but that nothing needs to be said of."""
    archives = (
        a_zip({"a.txt": b"hello " * 1_000}),
        a_pdf(b"hello"),
        a_compound({"WordDocument": b"x" * 9_000}),
    )
    damaged = {
        f"damaged file {number}": a_letter({"a.bin": broken(octets, number)})
        for number, octets in enumerate(archives * 4)
    }
    return {
        **damaged,
        "XML of entities": a_letter({"a.docx": xml_bomb()}),
        "long addresses": long_addresses(),
        "text against patterns": catastrophic_text(),
    }
