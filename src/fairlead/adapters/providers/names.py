"""The names that go into credential programs' arguments."""

from __future__ import annotations

import re

from fairlead.domain.config import Place
from fairlead.domain.errors import InputError, Problem

# What Google and Azure allow in names of projects, clusters, places and resource groups. A leading hyphen would be
# read as an option; everything that means something to a shell is outside anyway.
_NAME = re.compile(r"[\w(](?:[\w().:-]{0,126}[\w)])?")


def checked(value: str, *, key: str, place: Place) -> str:
    """Return a name that is fit to be a program's argument.

    Raises:
        InputError: `providerName`, at the place of the cluster's declaration.
    """
    if _NAME.fullmatch(value):
        return value
    raise InputError(
        Problem(
            code="providerName",
            message=f"{key} is {value!r}, expected a name of letters, digits and _ . : - ( )",
            file=place.file,
            line=place.line,
            column=place.column,
            path=f"{place.path}.provider" if place.path else None,
            remedy="write the name as the provider's console shows it",
        )
    )
