"""The scanning station: workers that die are replaced, and nobody waits for one that hangs."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.pipeline.station import ALONE, LOWERED, MOST_STAND_INS, RETIRE, Station

PATIENCE = 240.0


def _serve(connection: socket.socket) -> None:
    """Do what the first word asks for, as a hostile message would make a parser do."""
    word = connection.recv(64)
    if word == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == b"raise":
        raise RuntimeError("a parser gave up")
    if word == b"spin":
        while True:
            pass
    if word == b"tell and spin":
        connection.sendall(str(os.getpid()).encode())
        while True:
            pass
    if word == b"spin in a child":
        _spin_in_a_child()
    if word == b"niceness":
        connection.sendall(str(os.getpriority(os.PRIO_PROCESS, 0)).encode())
        return
    if word == b"sleep":
        time.sleep(600)
    if word == b"eat":
        hoard = []
        while True:
            hoard.append(bytearray(64 * 1024 * 1024))
    if word == b"write":
        with open("/tmp/lazaretto-worker-wrote", "wb") as file:
            file.write(b"x")
    if word == b"network":
        with socket.socket() as probe:
            probe.connect(("127.0.0.1", 9))
    connection.sendall(str(os.getpid()).encode())


def _spin_in_a_child() -> None:
    """Do as a parser does that never ends: the worker itself only waits."""
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        while os.getppid() == parent:
            pass
        os._exit(0)
    os.waitpid(child, 0)


def _running(folder: Path, wall_limit: float) -> Iterator[Callable[[str, bytes], bytes]]:
    settings = PipelineSettings(workers=2, cpu_limit=1, wall_limit=wall_limit)
    child = os.fork()
    if child == 0:
        try:
            Station(folder, settings, lambda: _serve).run()
        finally:
            os._exit(0)
    try:
        yield lambda name, word: _ask(folder / name, word)
    finally:
        os.kill(child, signal.SIGTERM)
        ended = os.waitpid(child, 0)[1]
    assert ended == 0


@pytest.fixture
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, bytes], bytes]]:
    """A station in a child process; call it with a socket's name and a word, get the reply."""
    yield from _running(tmp_path_factory.mktemp("s"), 2.0)


@pytest.fixture
def patient_station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, bytes], bytes]]:
    """One that lets a message take very long."""
    yield from _running(tmp_path_factory.mktemp("s"), 600.0)


def _ask(path: Path, word: bytes) -> bytes:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            try:
                connection.connect(str(path))
            except OSError:
                assert time.monotonic() < deadline, "the station never listened"
                time.sleep(0.02)
                continue
            connection.sendall(word)
            try:
                return connection.recv(64)
            except ConnectionResetError:
                return b""


def test_hard_messages_do_not_hold_up_others(patient_station: Callable[[str, bytes], bytes]) -> None:
    # Twice as many as there are workers, and each takes a minute.
    hard = [
        threading.Thread(target=patient_station, args=("scan.sock", b"sleep"), daemon=True) for _ in range(4)
    ]
    for each in hard:
        each.start()
    time.sleep(0.1)

    answers = [patient_station("scan.sock", b"hello") for _ in range(3)]

    assert all(answer.isdigit() for answer in answers)
    assert all(each.is_alive() for each in hard)


@pytest.fixture
def impatient_station(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, bytes], bytes]]:
    """One that finds messages hard very soon."""
    monkeypatch.setattr("lazaretto.pipeline.station.SLOW_AFTER", 0.2)
    yield from _running(tmp_path_factory.mktemp("s"), 600.0)


def test_quick_mail_is_answered_whatever_number_of_hard_messages_has_come(
    impatient_station: Callable[[str, bytes], bytes],
) -> None:
    ended: list[bytes] = []
    hard = [
        threading.Thread(target=lambda: ended.append(impatient_station("scan.sock", b"sleep")), daemon=True)
        for _ in range(2 + MOST_STAND_INS + 4)
    ]
    for each in hard:
        each.start()

    assert impatient_station("scan.sock", b"hello").isdigit()

    # Some made room and are looked at alone; the others were left to get on.
    assert set(ended) <= {b""}
    assert sum(each.is_alive() for each in hard) >= MOST_STAND_INS


def test_a_hard_message_lets_others_go_first(patient_station: Callable[[str, bytes], bytes]) -> None:
    worker = int(patient_station("scan.sock", b"tell and spin"))

    deadline = time.monotonic() + PATIENCE
    while os.getpriority(os.PRIO_PROCESS, worker) != LOWERED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_looked_at_alone_lets_others_go_first(
    patient_station: Callable[[str, bytes], bytes],
) -> None:
    assert patient_station("scan-alone.sock", b"niceness") == str(ALONE).encode()
    assert patient_station("scan.sock", b"niceness") == str(os.getpriority(os.PRIO_PROCESS, 0)).encode()


@pytest.fixture
def even_station(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, bytes], bytes]]:
    """One that lets no message go before others: on a busy machine the last gets nothing at all."""
    monkeypatch.setattr("lazaretto.pipeline.station.SLOW_AFTER", 600.0)
    monkeypatch.setattr("lazaretto.pipeline.station.HEAVY", 600.0)
    yield from _running(tmp_path_factory.mktemp("s"), 600.0)


def test_what_a_parser_costs_counts_for_its_message(even_station: Callable[[str, bytes], bytes]) -> None:
    assert even_station("scan.sock", b"spin in a child") == b""


@pytest.mark.parametrize("trouble", [b"crash", b"raise", b"eat", b"write", b"network"])
def test_a_worker_in_trouble_gives_no_answer_and_the_next_message_gets_one(
    station: Callable[[str, bytes], bytes], trouble: bytes
) -> None:
    assert station("scan.sock", trouble) == b""

    assert station("scan.sock", b"hello").isdigit()


@pytest.mark.parametrize("trouble", [b"spin", b"sleep"])
def test_a_worker_that_hangs_is_killed_while_others_answer(
    station: Callable[[str, bytes], bytes], trouble: bytes
) -> None:
    assert station("scan.sock", trouble) == b""

    assert station("scan.sock", b"hello").isdigit()


def test_a_worker_serves_one_message_after_the_other(station: Callable[[str, bytes], bytes]) -> None:
    replies = {station("scan.sock", b"hello") for _ in range(20)}

    assert 1 <= len(replies) <= 2


def test_every_message_alone_gets_a_worker_of_its_own(station: Callable[[str, bytes], bytes]) -> None:
    replies = {station("scan-alone.sock", b"hello") for _ in range(3)}

    assert len(replies) == 3


def test_a_station_that_ends_leaves_the_socket_of_its_successor(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("s")
    child = os.fork()
    if child == 0:
        try:
            Station(folder, PipelineSettings(workers=1), lambda: _serve).run()
        finally:
            os._exit(0)
    assert _ask(folder / "scan-alone.sock", b"pid")
    (folder / "scan.sock").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as successor:
        successor.bind(str(folder / "scan.sock"))
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)

        assert [path.name for path in folder.iterdir()] == ["scan.sock"]


def test_a_station_that_retires_ends_what_it_has_begun_and_serves_who_waits(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("s")
    child = os.fork()
    if child == 0:
        try:
            Station(folder, PipelineSettings(workers=1), lambda: _serve_slowly).run()
        finally:
            os._exit(0)
    assert _ask(folder / "scan.sock", b"hello").isdigit()
    callers = [_connected(folder / name) for name in ("scan.sock",) * 5 + ("scan-alone.sock",) * 2]

    os.kill(child, RETIRE)

    for caller in callers:
        caller.sendall(b"hello")
    assert all(caller.recv(64).isdigit() for caller in callers)
    assert os.waitpid(child, 0)[1] == 0
    assert list(folder.iterdir()) == []


def _serve_slowly(connection: socket.socket) -> None:
    if connection.recv(64):
        time.sleep(0.05)
        connection.sendall(str(os.getpid()).encode())


def _connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(60)
    connection.connect(str(path))
    return connection
