r"""What of a message goes over the wire after DATA (RFC 5321 §4.5.2).

Whatever the content is made of, what goes out is a sequence of lines that end in CRLF, without any
other CR or LF, and no line but ours is a single dot.  Another server may take a stray CR or LF for
the end of a line, and with it for the end of the message: SMTP smuggling.  A stray LF becomes a line
end, a stray CR a space, so that no header field appears out of nowhere.
"""

from __future__ import annotations

from lazaretto.protocol.line_ends import oddities

END = b".\r\n"


class WireForm:
    """Turns the chunks of one message's content into wire form; the chunks may be cut anywhere."""

    __slots__ = ("_at_line_start", "_holds_cr")

    def __init__(self) -> None:
        self._at_line_start = True
        self._holds_cr = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what goes out for ``chunk``; a CR at its end waits for what follows."""
        if self._holds_cr:
            chunk = b"\r" + chunk
        # With the CR that waits: one behind another is a stray one.
        has_strays, dot = oddities(chunk)
        self._holds_cr = chunk.endswith(b"\r")
        if self._holds_cr:
            chunk = chunk[:-1]
        if not chunk:
            return b""
        if has_strays:
            chunk = _with_whole_line_ends(chunk)
        starts_with_dot = self._at_line_start and chunk.startswith(b".")
        self._at_line_start = chunk.endswith(b"\n")
        if dot >= 0 or (has_strays and b"\n." in chunk):
            chunk = chunk.replace(b"\n.", b"\n..")
        return b"." + chunk if starts_with_dot else chunk

    def end(self) -> bytes:
        """Return the end of the message: the last line's end where it lacks, and the dot."""
        last = b" " if self._holds_cr else b""
        if self._at_line_start and not last:
            return END
        return last + b"\r\n" + END


def wire_form(content: bytes) -> bytes:
    """Return all of ``content`` in wire form, with the dot that ends it."""
    form = WireForm()
    return form.feed(content) + form.end()


def _with_whole_line_ends(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
