"""What an operator can set about delivery."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class DestinationLimit(BaseModel):
    """How much one domain that is no tenant's gets at a time; routes of tenants carry their own limits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = Field(pattern=r"^[a-z0-9_.-]+$", description="The domain, lower case.")
    connections: int = Field(default=0, ge=0, le=1000, description="Connections at a time; 0 = no limit.")
    per_minute: int = Field(default=0, ge=0, le=100_000, description="Messages per minute; 0 = no limit.")


class DeliverySettings(BaseModel):
    """Settings of the deliver process; every value has a default that serves most sites."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relay: str = Field(
        default="",
        description=(
            "Host (`name`, `name:port` or address) that takes all mail for domains that are "
            "no tenant's; empty = their MX hosts."
        ),
    )
    relay_tls: str = Field(
        default="opportunistic",
        pattern="^(opportunistic|required|verified)$",
        description="What is demanded of the channel to the relay.",
    )
    operators_tenant: str = Field(
        default="",
        description=(
            "Name of the tenant (the operator's own, say) under which letters leave to operators whose "
            "address is at no tenant's domain; its trace shows them. Empty = they get none."
        ),
    )
    port_for_mx: int = Field(
        default=25, ge=1, le=65535, description="Port at which the MX hosts of other domains are called."
    )
    max_mx_hosts: int = Field(
        default=20, ge=1, le=100, description="MX hosts of one domain that are considered, best first."
    )
    max_addresses: int = Field(
        default=8, ge=1, le=50, description="Addresses that one attempt calls before it gives up."
    )
    own_hosts: tuple[str, ...] = Field(
        default=(),
        description=(
            "Names and addresses under which this platform itself is an MX; mail never goes there (loops)."
        ),
    )
    refused_mx_networks: tuple[str, ...] = Field(
        default=(
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/3",
            "::/127",
            "fe80::/10",
            "ff00::/8",
            "::ffff:0:0/96",
        ),
        description=(
            "Networks in which the MX hosts of other domains are not called; routes and relay "
            "may be anywhere."
        ),
    )
    ipv6: bool = Field(default=True, description="Call hosts at their IPv6 addresses as well.")
    source_address: str = Field(
        default="", description="Local address from which hosts are called; empty = the system's choice."
    )

    first_delay: timedelta = Field(
        default=timedelta(minutes=5),
        description="Delay after the first failure; each next one is `delay_growth` times as long.",
    )
    longest_delay: timedelta = Field(
        default=timedelta(hours=4), description="Longest delay between two attempts."
    )
    delay_growth: float = Field(
        default=1.5, ge=1, le=4, description="How much longer each delay is than the one before."
    )
    tls_give_up_after: timedelta = Field(
        default=timedelta(days=1),
        description=(
            "How long a demand for TLS that no host meets is tried before the mail is returned (5.7.10)."
        ),
    )
    notice_max_octets: int = Field(
        default=65_536,
        ge=1024,
        le=1_048_576,
        description="Most octets of an original message that a notification to its sender returns.",
    )

    dkim_key_age: timedelta = Field(
        default=timedelta(days=180),
        description=(
            "How long a DKIM key signs before the waiting one, once its record is in the DNS, takes "
            "over by itself; 0 = only by `lazaretto dkim rotate`."
        ),
    )

    max_conversations: int = Field(
        default=200, ge=1, le=10_000, description="Connections to next hops in all."
    )
    max_per_destination: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Connections to one destination at most; it gets there while things go well.",
    )
    initial_per_destination: int = Field(
        default=5, ge=1, le=1000, description="Connections to a destination about which nothing is known yet."
    )
    messages_per_connection: int = Field(
        default=500, ge=1, description="Messages after which a connection is given up for a fresh one."
    )
    connection_age: timedelta = Field(
        default=timedelta(minutes=5),
        description="Age after which a connection is not used for another message.",
    )
    idle_connection: timedelta = Field(
        default=timedelta(seconds=3), description="How long a connection without work is kept open."
    )
    probes_before_dead: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Failures in a row after which a destination is left alone for a while.",
    )
    probe_delay: timedelta = Field(
        default=timedelta(seconds=1),
        description="Pause after a first failure to reach a destination; doubles with each further one.",
    )
    dead_time: timedelta = Field(
        default=timedelta(minutes=1),
        description="How long a destination that cannot be reached is left alone.",
    )
    silence_interval: timedelta = Field(
        default=timedelta(seconds=5),
        description="How often deliver processes tell one another who does not answer.",
    )
    dead_host_time: timedelta = Field(
        default=timedelta(minutes=5),
        description="How long a host that did not answer is called after all others.",
    )

    connect_timeout: float = Field(default=30.0, gt=0, description="Seconds for a TCP connection.")
    next_address_after: float = Field(
        default=1.0,
        gt=0,
        description="Seconds after which the next address is called while one does not answer yet.",
    )
    greeting_timeout: float = Field(default=300.0, gt=0, description="Seconds for the greeting.")
    command_timeout: float = Field(
        default=300.0, gt=0, description="Seconds for the reply to EHLO, MAIL and RCPT."
    )
    tls_timeout: float = Field(default=60.0, gt=0, description="Seconds for a TLS handshake.")
    envelope_timeout: float = Field(
        default=1800.0, gt=0, description="Seconds from MAIL to the reply to DATA, for all recipients."
    )
    slowest_transfer: int = Field(
        default=4096, ge=1, description="Octets per second that a next hop must take of large content."
    )
    data_timeout: float = Field(default=120.0, gt=0, description="Seconds for the reply to DATA.")
    block_timeout: float = Field(
        default=180.0, gt=0, description="Seconds until the next hop takes another block of content."
    )
    dot_timeout: float = Field(
        default=600.0, gt=0, description="Seconds for the reply to the end of the content."
    )
    quit_timeout: float = Field(default=5.0, gt=0, description="Seconds for the reply to QUIT.")
    mta_sts: bool = Field(
        default=True, description="Honour the MTA-STS policies of other domains (RFC 8461)."
    )
    mta_sts_timeout: float = Field(
        default=30.0, ge=10, le=60, description="Seconds for fetching a domain's MTA-STS policy."
    )
    tls_reports: bool = Field(
        default=True,
        description="Send daily TLS reports to the domains that ask for them (RFC 8460).",
    )
    dmarc_reports: bool = Field(
        default=True,
        description="Send daily DMARC reports to the domains whose records ask for them (RFC 9990).",
    )
    dmarc_report_author: str = Field(
        default="",
        pattern=r"^(|[^\s@<>]+@[^\s@<>]+)$",
        description="Address in the From field of DMARC reports; empty = dmarc-reports at our host name.",
    )
    tls_report_organization: str = Field(
        default="", description="Whose reports these are; empty = our host name."
    )
    tls_report_contact: str = Field(
        default="", description="Whom to ask about a report; empty = postmaster at our host name."
    )
    tls_report_author: str = Field(
        default="",
        pattern=r"^(|[^\s@<>]+@[^\s@<>]+)$",
        description="Address in the From field of reports; empty = tls-reports at our host name.",
    )
    dane: bool = Field(
        default=True,
        description=(
            "Honour the TLSA records of other domains' mail hosts (RFC 7672), where the resolver says "
            "that they are authentic; see `dane_resolver`."
        ),
    )
    dane_resolver: str = Field(
        default="",
        pattern=r"^(|[0-9.]+(:[0-9]+)?|[0-9A-Fa-f:]+|\[[0-9A-Fa-f:]+\](:[0-9]+)?)$",
        description=(
            "Address of a resolver that validates DNSSEC, `127.0.0.1` or `127.0.0.1:5353`; it should run on "
            "this machine, for its word is believed. Empty = TLSA records count for nothing."
        ),
    )
    limits: tuple[DestinationLimit, ...] = Field(
        default=(), description="Limits for single domains that are no tenant's, one table for each."
    )
    ca_file: str = Field(
        default="", description="Certificates (PEM) that verified TLS trusts; empty = the system's."
    )

    max_held_copies: int = Field(
        default=20_000,
        ge=1,
        description="Copies that wait in the memory of the deliver process; what is more waits in the spool.",
    )
    max_held_octets: int = Field(
        default=64 * 1024 * 1024,
        ge=0,
        description="Content that waits in memory with them; what is more is read again from the spool.",
    )
    claim_interval: timedelta = Field(
        default=timedelta(seconds=1), description="How often the spool is asked for copies that are due."
    )
    claim_limit: int = Field(default=500, ge=1, le=10_000, description="Copies that are claimed at a time.")
    lease_time: timedelta = Field(
        default=timedelta(minutes=10),
        description="How long a lease lasts; renewed at half time while a copy is held.",
    )
    max_unsettled: int = Field(
        default=5_000, ge=1, description="Outcomes that may wait for the database before deliveries pause."
    )
