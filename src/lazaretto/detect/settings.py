"""Settings of the detectors that an operator sets per machine."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DetectSettings(BaseModel):
    """What the detectors of this machine know besides what is shipped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hash_lists: str = Field(
        "",
        description="Folder of text files (*.txt) with SHA-256 sums of malicious files, one on each line,"
        " a name after it if wanted; empty = only the shipped list.",
    )
    url_lists: str = Field(
        "",
        description="Folder of text files (*.txt) with hosts, hosts with paths, or SHA-256 sums of either,"
        " one on each line, `malware` or `phishing` and a name after it if wanted; empty = only the"
        " bundle's lists.",
    )
    signatures: str = Field(
        "",
        description="File with the signatures of known spam that are in force; empty = the one in the home"
        " folder, which the jobs process keeps.",
    )
    traps: tuple[str, ...] = Field(
        (),
        max_length=10_000,
        description="Addresses of tenants that nobody uses and nobody gave away: what comes there is spam,"
        " and mail like it is stopped for all tenants.",
    )
    countries: str = Field(
        "",
        description="CSV file that says in which country addresses are: `network,country` or"
        " `first,last,country` in each row, countries in two letters; empty = the bundle's"
        " (`places/countries.csv`), if it has one.",
    )
    domain_dates: str = Field(
        "",
        description="CSV file that says when domains were registered: `domain,2026-05-01` in each row;"
        " empty = the bundle's (`places/registered.csv`), if it has one.",
    )
    yara_rules: str = Field(
        "",
        description="Folder of YARA rules (*.yar, *.yara, also in folders below) besides the shipped ones;"
        " empty = none. Rules that are broken or too slow are named in the log and left out.",
    )
    yara_apart: str = Field(
        "",
        description="File that names YARA rules which were too slow for some mail and are tried by"
        " themselves; empty = the one in the home folder, which the scanning station keeps.",
    )
