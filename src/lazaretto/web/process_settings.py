"""Settings of the web process."""

from __future__ import annotations

import os
from ipaddress import ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MOST_PROCESSES: Final = 3
"""Where no setting says it: each takes connections to PostgreSQL, of which the mail path needs half."""


def _network(text: str) -> str:
    return str(ip_network(text))


class WebSettings(BaseModel):
    """Pages and the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = Field(
        "",
        description="What links in mail and pages begin with, such as https://mail.example.net;"
        " empty = http:// and the address at which it listens.",
        pattern=r"^(https?://[^/\s]+)?$",
    )
    workers: int = Field(
        0,
        ge=0,
        le=64,
        description="Processes that answer requests; 0 = one for each processor that this process may use, at"
        " most three.",
    )
    threads: int = Field(4, ge=1, le=64, description="Requests that each of them answers at a time.")
    requests_per_minute: int = Field(
        600, ge=1, description="Requests of one API token, or of one address without a token."
    )
    max_body: int = Field(32_000_000, ge=1_000, description="Octets of a request.")
    outlet_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (),
        description="Private networks to which tenants may have events sent all the same, as CIDR;"
        " otherwise only public addresses.",
    )
    mx_hosts: tuple[str, ...] = Field(
        (),
        description="Names that the MX records of customers' domains shall name, the best first; empty ="
        " listen.host_name.",
    )
    spf_include: str = Field(
        "",
        description="Name that customers' SPF records shall include; empty = the hosts of mx_hosts.",
        pattern=r"^[a-z0-9_.-]*$",
    )
    probe_address: str = Field(
        "",
        description="An own address from which no customer's server has to accept mail: the go-live page"
        " tries from there whether port 25 is locked to the platform; empty = it is not tried.",
    )
    probe_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (),
        description="Private networks in which tenants may have their routes tested, as CIDR; otherwise only"
        " public addresses are called.",
    )

    @property
    def processes(self) -> int:
        """How many processes answer; where no setting says it, as many as can work at once.

        Whatever its threads do, a process uses one processor at a time.
        """
        return self.workers or min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
