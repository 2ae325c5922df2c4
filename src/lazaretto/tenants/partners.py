"""Enforced TLS: domains to which mail goes encrypted or not at all."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from lazaretto.core.snapshot import TlsMode, TlsPartner
from lazaretto.tenants.sections import Section
from lazaretto.tenants.values import DomainName, domain_name

_PRINT: Final = re.compile(r"[0-9a-f]{64}")


class TlsVersion(Enum):
    """The oldest protocol that will do."""

    TLS_1_2 = "TLSv1.2"
    TLS_1_3 = "TLSv1.3"


def trusted_name(text: str) -> str:
    """Return a name of a certificate; ``*.a.example`` and ``.a.example`` become the latter."""
    below = text.startswith((".", "*."))
    name = domain_name(text.removeprefix("*").removeprefix("."))
    return f".{name}" if below else name


def pin(text: str) -> str:
    """Return a SHA-256 as 64 lower-case hexadecimal digits."""
    plain = text.lower().replace(":", "")
    if not _PRINT.fullmatch(plain):
        raise ValueError(f'"{text[:80]}" is not a SHA-256; write its 64 hexadecimal digits')
    return plain


class Partner(Section):
    """A domain to which mail goes encrypted, as demanded here, or is returned; sub-domains are meant too."""

    mode: TlsMode = Field(
        default=TlsMode.VALID,
        description="`any` accepts every certificate, `valid` those of a known issuer for the host's name, "
        "`strong` those of a known issuer for one of `trusted_names` (or, without any, for the partner's "
        "own domain), `pinned` those in `pins`; `dane` and `mta-sts` demand what the domain publishes.",
    )
    minimum_version: TlsVersion = Field(
        default=TlsVersion.TLS_1_2, description="The oldest protocol that will do."
    )
    excluded: tuple[DomainName, ...] = Field(
        default=(), max_length=1_000, description="Sub-domains for which nothing is demanded, with all below."
    )
    trusted_names: tuple[Annotated[str, AfterValidator(trusted_name)], ...] = Field(
        default=(),
        max_length=100,
        description="For `strong`: names that the certificate may be for; `.a.example` means all below it.",
    )
    pins: tuple[Annotated[str, AfterValidator(pin)], ...] = Field(
        default=(),
        max_length=100,
        description="For `pinned`: SHA-256 of certificates or of public keys, in hexadecimal digits.",
    )

    inbound: bool = Field(
        default=False,
        description="Refuse mail from this domain, too, unless it comes encrypted with `minimum_version`.",
    )

    @field_validator("excluded", "trusted_names", "pins")
    @classmethod
    def _each_once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(values)))

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.mode is TlsMode.PINNED) != bool(self.pins):
            raise ValueError("mode `pinned` and `pins` need each other; give both or neither")
        if self.trusted_names and self.mode is not TlsMode.STRONG:
            raise ValueError("trusted_names count only with mode `strong`; change the mode or remove them")
        return self


def outsiders(domain: str, partner: Partner) -> tuple[str, ...]:
    """Return the excluded domains of ``partner`` that are not below its ``domain``."""
    return tuple(each for each in partner.excluded if not each.endswith(f".{domain}"))


def compile_partner(domain: str, partner: Partner) -> TlsPartner:
    """Return what the mail path reads of ``partner``."""
    return TlsPartner(
        domain=domain,
        mode=partner.mode,
        minimum_version=partner.minimum_version.value,
        excluded=frozenset(partner.excluded),
        trusted_names=partner.trusted_names,
        pins=partner.pins,
        inbound=partner.inbound,
    )
