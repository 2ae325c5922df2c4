"""Encodings that carry a whole file in text: uuencode, yEnc, BinHex, compressed base64."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator

from lazaretto.mail import base64_readings
from lazaretto.mail.base64_readings import ALPHABET
from lazaretto.mail.encoded_lines import PIECE, lines_of


def uuencode(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines_of(source):
        text = line.rstrip(b"\r\n")
        if not text or text.startswith((b"begin ", b"end", b"`")):
            continue
        length = (text[0] - 32) & 63
        wanted = (length + 2) // 3 * 4
        if length and wanted <= len(text) + 4:
            yield _uu_line(text, length, wanted)


def _uu_line(text: bytes, length: int, wanted: int) -> bytes:
    # Encoders disagree about checksums and trailing blanks: only what the length announces counts.
    groups = text[1 : 1 + wanted].ljust(wanted, b" ").translate(_UU_TO_BASE64)
    return binascii.a2b_base64(groups)[:length]


_UU_TO_BASE64 = bytes(ALPHABET[(octet - 32) & 63] for octet in range(256))


def yenc(source: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines_of(source):
        text = line.rstrip(b"\r\n")
        if text.startswith((b"=ybegin", b"=ypart", b"=yend")):
            continue
        plain, *escaped = text.split(b"=")
        yield b"".join((plain.translate(_YENC), *(_yenc_escaped(rest) for rest in escaped)))


def _yenc_escaped(rest: bytes) -> bytes:
    return bytes([(rest[0] - 106) & 255]) + rest[1:].translate(_YENC) if rest else b""


_YENC = bytes((octet - 42) & 255 for octet in range(256))


def gzip64(source: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=47)
    for piece in base64_readings.decode(source):
        data = piece
        while data and not inflate.eof:
            try:
                yield inflate.decompress(data, PIECE)
            except zlib.error:
                return
            data = inflate.unconsumed_tail


_BINHEX_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BINHEX_FOREIGN = bytes(set(range(256)) - set(_BINHEX_ALPHABET))
_BINHEX_TO_BASE64 = bytes.maketrans(_BINHEX_ALPHABET, ALPHABET)
_BINHEX_RUN = re.compile(rb"(.)\x90(.)", re.DOTALL)
_MAX_BINHEX = 16 << 20


def binhex(source: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the data fork of a BinHex 4.0 file."""
    text = b""
    for piece in source:
        text += piece
        if len(text) > _MAX_BINHEX:
            break
    start = text.find(b":")
    end = text.find(b":", start + 1)
    digits = text[start + 1 : end if end > 0 else None].translate(None, _BINHEX_FOREIGN)
    packed = base64_readings.padded(digits.translate(_BINHEX_TO_BASE64))
    data = _BINHEX_RUN.sub(lambda run: run[1] * max(1, run[2][0]) if run[2][0] else b"\x90", packed)
    name = data[0] if data else 0
    size = int.from_bytes(data[name + 12 : name + 16], "big")
    yield data[name + 22 : name + 22 + size]
