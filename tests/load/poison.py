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

from tests.unit.detect.malware.containers import CONTAINERS, a_compound, a_letter, a_pdf, a_zip

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


def quoting_zip_bomb(files: int = 1_000) -> bytes:
    """Return an archive in which each file quotes the headers of all behind it and ends in the same 8 MiB."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = deflater.compress(bytes(8 << 20)) + deflater.flush()
    size, body, rows = 8 << 20, b"", []
    for number in range(files - 1, -1, -1):
        name = b"%04d" % number
        quoted = b""
        if body:
            header = body[: 30 + len(name)]
            quoted = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF)
            size += len(header)
        length = len(quoted) + (len(body) or len(kernel))
        fields = struct.pack("<5HLLLHH", 20, 0, 8, 0, 0, 0, length, size, len(name), 0)
        body = b"PK\3\4" + fields + name + quoted + (body or kernel)
        rows.append((len(body), fields, name))
    directory = b"".join(
        b"PK\1\2\24\0" + fields + struct.pack("<HHHLL", 0, 0, 0, 0, len(body) - place) + name
        for place, fields, name in reversed(rows)
    )
    tail = struct.pack("<4s4HLLH", b"PK\5\6", 0, 0, files, files, len(directory), len(body), 0)
    return body + directory + tail


def huge_picture() -> bytes:
    """Return a picture of 3.6 thousand million points in a few octets."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    head = struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


def deep_property_list(depth: int = 60_000) -> bytes:
    """Return a binary property list of lists in lists."""
    objects = b"".join(b"\xa1" + (number + 1).to_bytes(3, "big") for number in range(depth)) + b"\x08"
    table = b"".join((8 + 4 * number).to_bytes(3, "big") for number in range(depth + 1))
    trailer = bytes(6) + b"\3\3" + struct.pack(">QQQ", depth + 1, 0, 8 + len(objects))
    return b"bplist00" + objects + table + trailer


def foretold_pdf() -> bytes:
    """Return a PDF document whose attachment is told octet by octet from its neighbours."""
    inner = zlib.compress(b"\4" * (64 << 20))
    head = b"/Type/EmbeddedFile/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 60>>/Length %d" % len(
        inner
    )
    return b"%PDF-1.7\n1 0 obj\n<<" + head + b">>\nstream\n" + inner + b"\nendstream\nendobj\n%%EOF"


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
        "quoting zip bomb": quoting_zip_bomb(),
        "deep property list": deep_property_list(),
        "foretold PDF": foretold_pdf(),
        "very many members": many_members(),
        "gzip in gzip in gzip": quine_like_gzip(),
        "gzip bomb": _zeros(gzip.compress, 64 << 20),
        "bzip2 bomb": _zeros(bz2.compress, 64 << 20),
        "xz bomb": _zeros(lzma.compress, 64 << 20),
        "Zstandard bomb": _zeros(zstandard.ZstdCompressor().compress, 64 << 20),
        "PDF bomb": pdf_bomb(),
        "tar of holes": tar_of_holes(),
        "XML of entities": xml_bomb(),
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
        **{
            f"{name}, broken": a_letter({"a.bin": broken(octets, number)})
            for number, (name, octets) in enumerate(CONTAINERS.items())
        },
        **{
            f"{name}, broken off": a_letter({"a.bin": octets[: len(octets) * 2 // 3]})
            for name, octets in CONTAINERS.items()
        },
        "huge picture": a_letter({"a.png": huge_picture()}),
        "long addresses": long_addresses(),
        "text against patterns": catastrophic_text(),
    }
