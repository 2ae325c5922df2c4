"""Who gets in, who is remembered, who may send and receive."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lazaretto.core.address import Address
from lazaretto.core.envelope import Direction
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.edge.gates.clients import ClientMemory, client_key
from lazaretto.edge.gates.load import Load
from lazaretto.edge.gates.proof import Sender
from lazaretto.edge.gates.recipient import Admitted, Asking, TurnedAway, admit
from lazaretto.edge.gates.sender import may_send
from lazaretto.edge.replies import TOO_BUSY, TOO_MANY_OF_YOURS
from lazaretto.edge.settings import EdgeSettings
from lazaretto.protocol.parameters import RcptParameters
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory

STRANGER = Asking(None, Address("ann", "sender.example"), None, 10**9)


@pytest.mark.parametrize(
    ("ip", "key"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("2001:db8:1:2:3::4", "2001:db8:1:2::/64", id="IPv6 by its /64"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a scope"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4 in IPv6"),
    ],
)
def test_a_client_is_counted_under_one_name(ip: str, key: str) -> None:
    assert client_key(ip) == key


def test_places_are_counted_per_client_and_in_all() -> None:
    load = Load(EdgeSettings(max_connections=4, reserved_connections=1, max_connections_per_client=2))

    assert [load.enter(key, registered=False) for key in "aaab"] == [None, None, TOO_MANY_OF_YOURS, None]
    assert load.enter("c", registered=False) is TOO_BUSY
    assert load.enter("c", registered=True) is None
    load.leave("a")
    assert load.enter("c", registered=True) is None


def test_patience_is_short_only_under_stress() -> None:
    load = Load(EdgeSettings(max_connections=10, reserved_connections=0, stress_share=0.2, stress_timeout=10))

    assert (load.patience(300), load.allowed_errors) == (300, 20)
    load.enter("a", registered=False)
    load.enter("b", registered=False)
    assert (load.patience(300), load.patience(5), load.allowed_errors) == (10, 5, 1)
    load.leave("b")
    assert load.patience(300) == 300


def test_good_behaviour_is_forgotten_after_its_time_and_by_a_foul() -> None:
    memory = ClientMemory(remembered=10, good_for=100)
    memory.behaved("a", now=0)

    assert memory.is_good("a", now=99)
    assert not memory.is_good("a", now=100)
    memory.misbehaved("a")
    assert not memory.is_good("a", now=1)


def test_guesses_and_aborted_octets_are_counted_by_the_hour() -> None:
    memory = ClientMemory(remembered=10, good_for=100)
    memory.aborted("a", 500, now=0)

    assert [memory.guessed("a", now) for now in (0, 1800, 3599, 3600)] == [1, 2, 3, 1]
    assert memory.aborted_octets("a", 3600) == 0


def test_memory_of_clients_is_bounded() -> None:
    memory = ClientMemory(remembered=2, good_for=100)
    for key in "abc":
        memory.behaved(key, now=0)

    assert [memory.is_good(key, now=1) for key in "abc"] == [False, True, True]


def test_inbound_needs_a_registered_mailbox() -> None:
    directory = FixedDirectory(ACME, OTHER)

    known = admit(Address("bob", "customer.example"), RcptParameters(), STRANGER, directory)
    unknown = admit(Address("bo", "customer.example"), RcptParameters(), STRANGER, directory)

    assert isinstance(known, Admitted)
    assert known.direction is Direction.INBOUND
    assert isinstance(unknown, TurnedAway)
    assert unknown.unknown


def test_a_learning_tenant_takes_any_address() -> None:
    directory = FixedDirectory(replace(ACME, address_registration=AddressRegistration.LEARN))

    assert isinstance(
        admit(Address("new", "customer.example"), RcptParameters(), STRANGER, directory), Admitted
    )


@pytest.mark.parametrize(
    ("reverse_path", "allowed"),
    [
        pytest.param(None, True, id="null"),
        pytest.param(Address("BOB", "customer.example"), True, id="own and registered"),
        pytest.param(Address("eve", "customer.example"), False, id="own, not registered"),
        pytest.param(Address("olga", "other.example"), False, id="another tenant's"),
        pytest.param(Address("bob", "sub.customer.example"), False, id="sub-domain"),
    ],
)
def test_a_tenant_sends_under_its_own_addresses(reverse_path: Address | None, allowed: bool) -> None:
    assert may_send(reverse_path, ACME) is allowed


def test_a_suspended_tenant_sends_nothing() -> None:
    sender = replace(ACME, suspended=True)
    asking = Asking(Sender(sender), Address("bob", "customer.example"), None, 10**9)

    outcome = admit(Address("eve", "far.example"), RcptParameters(), asking, FixedDirectory(sender))

    assert isinstance(outcome, TurnedAway)
    assert outcome.reply.is_temporary
