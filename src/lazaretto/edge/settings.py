"""Settings of the edge: every limit of the dialogue, with the value that it has when nobody says more."""

from __future__ import annotations

import ipaddress

from pydantic import BaseModel, ConfigDict, Field, field_validator

MEBIBYTE = 1 << 20


class EdgeSettings(BaseModel):
    """What the SMTP edge allows, and how long it waits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    banner_delay: float = Field(
        1.0,
        ge=0,
        description="Seconds that unknown clients wait for the banner; who talks before it is refused.",
    )
    good_client_hours: float = Field(
        24.0, ge=0, description="Hours for which a client that behaved well gets its banner at once."
    )
    remembered_clients: int = Field(
        50_000,
        ge=1,
        description="Client addresses whose behaviour is remembered; the oldest are forgotten first.",
    )

    refusal_page: str = Field(
        "",
        pattern=r"^(https?://[!-~]{1,150}/)?$",
        description="What the address of a refusal's page begins with; its reference follows. Empty = that of"
        " web.base_url, where there is one.",
    )

    max_command_line: int = Field(2_048, ge=512, description="Octets of a command line, without its end.")
    max_unread_tail: int = Field(
        65_536,
        ge=0,
        description="Octets of an overlong command line that are read before the session is closed.",
    )
    max_header_size: int = Field(MEBIBYTE, ge=1_024, description="Octets of a message's header block.")
    max_field_size: int = Field(131_072, ge=512, description="Octets of one header field.")
    max_fields: int = Field(2_000, ge=10, description="Header fields of one message.")
    max_hops: int = Field(100, ge=5, description="Received fields; one more is a loop.")
    max_own_hops: int = Field(
        3, ge=1, description="Times that a message may come back to us; then it is a loop."
    )
    max_message_size: int = Field(
        1_000_000_000, ge=1_024, description="Octets of the largest message that any tenant may allow itself."
    )
    max_recipients: int = Field(500, ge=100, description="Recipients of one message.")
    max_overshoots: int = Field(
        1_000,
        ge=1,
        description="Recipients beyond max_recipients that are answered 452 before the session is closed.",
    )

    max_errors: int = Field(20, ge=1, description="Errors of one session; the last closes it.")
    errors_before_delay: int = Field(
        10, ge=0, description="Errors after which each further reply is delayed."
    )
    error_delay: float = Field(1.0, ge=0, description="Seconds of that delay.")
    max_junk: int = Field(
        100,
        ge=1,
        description="Commands without effect (NOOP, RSET, VRFY, EHLO again …) between two messages.",
    )
    harvest_threshold: int = Field(
        50,
        ge=1,
        description="Unknown recipients per client and hour after which a directory harvest is reported"
        " and its replies are delayed.",
    )
    max_outbound_per_sender: int = Field(
        5_000,
        ge=1,
        description="Recipients outside its organisation to whom one sender may write within an hour,"
        " whatever its tenant allows it; more are put off.",
    )
    max_outbound_per_tenant: int = Field(
        100_000,
        ge=1,
        description="Recipients outside to whom all senders of one tenant may write within an hour.",
    )
    max_similar_messages: int = Field(
        5_000,
        ge=1,
        description="Similar messages to or from one tenant within an hour; more are told, and its own are"
        " put off or kept back where it wants that.",
    )
    max_notices_per_tenant: int = Field(
        60,
        ge=0,
        description="Notices about oversize mail, and about senders that send too much, per tenant and hour;"
        " each sender causes one of a kind at most.",
    )
    greylist_delay: float = Field(
        60.0, ge=0, description="Seconds after which a greylisted client may come back; earlier is too early."
    )
    greylist_window: float = Field(
        86_400.0, gt=0, description="Seconds within which it must come back, or it begins again."
    )
    greylist_entries: int = Field(
        200_000,
        ge=1,
        description="Greylisted triples of client network, sender and recipient that are remembered.",
    )
    client_authorities: str = Field(
        "",
        description="PEM file of the authorities that may have signed client certificates, or of such"
        " certificates themselves; empty = the authorities of the system.",
    )
    balancers: tuple[str, ...] = Field(
        (), description="Networks of the balancers whose PROXY header is believed, at listen.balancers."
    )
    proxy_timeout: float = Field(5.0, gt=0, description="Seconds to wait for a balancer's PROXY header.")
    max_aborted_octets: int = Field(
        2_000_000_000,
        ge=1,
        description="Octets per client and hour of messages that it never finished; then it is turned away.",
    )

    max_connections: int = Field(1_000, ge=1, description="Connections in all.")
    max_connections_per_client: int = Field(
        50, ge=1, description="Connections of one client (an IPv4 address, an IPv6 /64)."
    )
    reserved_connections: int = Field(
        100, ge=0, description="Of all connections, those that only registered senders may take."
    )
    stress_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the unreserved connections from which time-outs and errors are cut short.",
    )
    stress_timeout: float = Field(
        10.0, gt=0, description="Seconds that replace longer time-outs under stress."
    )
    stress_errors: int = Field(1, ge=1, description="Errors of one session under stress; the last closes it.")

    command_timeout: float = Field(
        300.0, gt=0, description="Seconds to wait for the first octet of a command."
    )
    line_timeout: float = Field(60.0, gt=0, description="Seconds from a command's first octet to its last.")
    data_timeout: float = Field(180.0, gt=0, description="Seconds to wait for the next octets of a message.")
    min_data_rate: int = Field(
        500, ge=1, description="Octets per second that a message must reach on average."
    )
    data_rate_grace: float = Field(60.0, ge=0, description="Seconds before that rate is asked for.")
    session_timeout: float = Field(3_600.0, gt=0, description="Seconds that a session may last.")
    handshake_timeout: float = Field(60.0, gt=0, description="Seconds for a TLS handshake.")
    reply_timeout: float = Field(
        600.0, gt=0, description="Seconds that a client waits at most for our reply to its last dot."
    )
    look_timeout: float = Field(
        30.0,
        gt=0,
        description="Seconds within which a message must be looked at while its client waits; later it is"
        " accepted first and looked at before it goes anywhere.  The shorter of this and scan.time_budget"
        " holds.",
    )
    drain_timeout: float = Field(
        15.0, ge=0, description="Seconds that messages in progress may take when the edge is told to stop."
    )

    receive_buffer: int = Field(
        262_144, ge=4_096, description="Octets that are read ahead of a session; more waits in the network."
    )
    postmaster: str = Field(
        "", description="Address that RCPT TO:<postmaster> means; empty = postmaster at our host name."
    )
    shared_networks: tuple[str, ...] = Field(
        (
            "40.92.0.0/15",
            "40.107.0.0/16",
            "52.100.0.0/14",
            "104.47.0.0/17",
            "2a01:111:f400::/48",
            "2a01:111:f403::/48",
            "35.190.247.0/24",
            "64.233.160.0/19",
            "66.102.0.0/20",
            "66.249.80.0/20",
            "72.14.192.0/18",
            "74.125.0.0/16",
            "108.177.8.0/21",
            "108.177.96.0/19",
            "172.217.0.0/19",
            "172.217.32.0/20",
            "172.217.128.0/19",
            "172.217.160.0/20",
            "172.217.192.0/19",
            "172.253.56.0/21",
            "172.253.112.0/20",
            "173.194.0.0/16",
            "209.85.128.0/17",
            "216.58.192.0/19",
            "216.239.32.0/19",
            "2001:4860:4000::/36",
            "2404:6800:4000::/36",
            "2607:f8b0:4000::/36",
            "2800:3f0:4000::/36",
            "2a00:1450:4000::/36",
            "2c0f:fb50:4000::/36",
        ),
        description="Networks from which many companies send; an address in them never authorises a tenant."
        " The default holds what Microsoft 365 and Google publish or published in SPF.",
    )

    @field_validator("shared_networks", "balancers")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            # Its own message says what is wrong: no network, or bits behind the prefix.
            ipaddress.ip_network(network)
        return networks
