"""What it means when a dry run gets no answer: the server says no, rights are missing, or nobody answers."""

from __future__ import annotations

from fairlead.domain.changes import Unverified
from fairlead.domain.errors import OperationFailed, RemoteRefused

_NOT_YET = {"kindNotServed": Unverified.CRD_NOT_YET, "namespaceMissing": Unverified.NAMESPACE_NOT_YET}


def unverified_by(error: OperationFailed) -> tuple[Unverified, str]:
    """Return why a dry run could not confirm a change, and what was said where that helps."""
    first = error.problems[0]
    said = " - ".join(part for part in (first.message, first.remedy) if part)
    if not isinstance(error, RemoteRefused) or error.status == 409:
        return Unverified.UNAVAILABLE, said
    if error.code in _NOT_YET:
        return _NOT_YET[error.code], ""
    if error.code == "forbidden":
        return Unverified.FORBIDDEN, said
    if error.status == 404:
        return Unverified.UNAVAILABLE, said
    if error.status == 400 and "dry run" in said:
        return Unverified.UNSUPPORTED, said
    return Unverified.REFUSED, said
