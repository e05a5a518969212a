"""The grammar of the file that declares who may send webhooks."""

from __future__ import annotations

from fairlead.domain.declaring.shapes import Field, ListOf, Record, Text
from fairlead.domain.declaring.texts import RELEASE_NAME, VARIABLE, WORD
from fairlead.domain.webhooks.providers import PROVIDERS

SECRET_FROM = Record(
    "secretFrom",
    "Where a secret comes from",
    (Field("env", VARIABLE, "A variable of Fairlead's own environment, of 16 characters or more.", required=True),),
)
RECEIVER = Record(
    "receiver",
    "An address, and the one sender that may use it",
    (
        Field("name", RELEASE_NAME, "Name; the address is `/hooks/NAME`.", required=True),
        Field("provider", Text(choices=tuple(PROVIDERS), expected="a provider"), "Who sends.", required=True),
        Field("secretFrom", SECRET_FROM, "The secret that the sender proves itself with.", required=True),
        Field(
            "allow",
            ListOf(WORD),
            "Images or repositories that it may announce: names in full, or prefixes that end in `/*`.",
            default="all",
        ),
    ),
)
WEBHOOKS_FILE = Record(
    "webhooks",
    "Who may send webhooks",
    (Field("receivers", ListOf(RECEIVER), "The receivers.", required=True),),
)
