"""Where the mail of a domain is handed to."""

from __future__ import annotations

from pydantic import Field, field_validator

from lazaretto.core.snapshot import AddressFamily, HostLookup, TlsDemand
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import Host, TenantName


class Route(Section):
    """A host that mail for a domain is handed to."""

    host: Host = Field(description="Name or IP address of the mail server, or the domain of `lookup: mx`.")
    lookup: HostLookup = Field(
        default=HostLookup.ADDRESS,
        description="`address` calls the host itself, `mx` the MX hosts of the domain that is named as host.",
    )
    port: int = Field(default=25, ge=1, le=65535, description="Its TCP port.")
    preference: int = Field(default=10, ge=0, le=65535, description="Lower ones are tried first.")
    tls: TlsDemand = Field(
        default=TlsDemand.OPPORTUNISTIC,
        description="`opportunistic` encrypts when the server offers it, `required` always, "
        "`verified` only to a server whose certificate is valid for its name.",
    )
    weight: int = Field(
        default=1,
        ge=0,
        le=1000,
        description="Its share of the mail among servers of equal preference; 0 = after all others of these.",
    )
    family: AddressFamily = Field(
        default=AddressFamily.ANY, description="At which of its addresses the server is called."
    )
    max_connections: int = Field(
        default=0, ge=0, le=1000, description="Connections at a time; 0 = as many as it takes well."
    )
    messages_per_minute: int = Field(
        default=0, ge=0, le=100_000, description="The most messages that it gets per minute; 0 = any number."
    )


class Domain(Section):
    """A mail domain of the tenant."""

    routes: tuple[Route, ...] = Field(
        default=(), max_length=50, description="Where its mail is delivered to."
    )
    route: TenantName | None = Field(
        default=None, description="The named route that its mail takes, in place of `routes`."
    )
    fallback: TenantName | None = Field(
        default=None, description="The named route that is taken when no server of the other can be reached."
    )

    @field_validator("routes")
    @classmethod
    def _in_order(cls, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        return in_order(routes)


def in_order(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return ``routes``, each server once, in the order in which they are written."""
    known = {(each.preference, each.host, each.port): each for each in routes}
    return tuple(known[key] for key in sorted(known))
