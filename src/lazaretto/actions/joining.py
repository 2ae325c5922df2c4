"""Many actions' splices as one list: sorted, without overlaps, one for each place."""

from __future__ import annotations

from collections.abc import Iterable

from lazaretto.core.decision import Splice


def joined(splices: Iterable[Splice]) -> tuple[Splice, ...]:
    """Return ``splices`` in the order of the message, those at one offset merged into one.

    Equal ones count once.  Insertions at one offset stand in the order given, before what replaces
    the octets there; an empty line, which ends a header, behind the others.  Of two that replace the
    same octets the earlier one in the message is kept; an insertion inside replaced octets goes behind
    them, so that nothing that is added gets lost.
    """
    kept: list[Splice] = []
    for splice in sorted(dict.fromkeys(splices), key=_by_place):
        last = kept[-1] if kept else None
        if last is None or splice.offset >= last.offset + max(last.length, 1):
            kept.append(splice)
        elif splice.length == 0 or last.length == 0:
            kept[-1] = Splice(last.offset, last.length + splice.length, last.octets + splice.octets)
    return tuple(kept)


def _by_place(splice: Splice) -> tuple[int, bool, bool]:
    return splice.offset, splice.length > 0, splice.octets in (b"\r\n", b"\n")
