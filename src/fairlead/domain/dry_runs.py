"""What it means when a dry run gets no answer: the server says no, rights are missing, or nobody answers."""

from __future__ import annotations

from fairlead.domain.changes import Unverified
from fairlead.domain.errors import OperationFailed, RemoteRefused

_BY_CODE = {
    "kindNotServed": Unverified.CRD_NOT_YET,
    "namespaceMissing": Unverified.NAMESPACE_NOT_YET,
    "forbidden": Unverified.FORBIDDEN,
}


def unverified_by(error: OperationFailed, expected: Unverified | None) -> tuple[Unverified, str]:
    """Return why a dry run could not confirm a change, and what was said.

    `expected` is what was known before (a namespace or kind that is not there yet) and explains any 404.
    """
    said = error.problems[0].message
    if not isinstance(error, RemoteRefused) or error.status == 409:
        return Unverified.UNAVAILABLE, said
    if error.code in _BY_CODE:
        return _BY_CODE[error.code], said
    if error.status == 404:
        return expected if expected is not None else Unverified.UNAVAILABLE, said
    if error.status == 400 and "dry run" in said:
        return Unverified.UNSUPPORTED, said
    return Unverified.REFUSED, said
