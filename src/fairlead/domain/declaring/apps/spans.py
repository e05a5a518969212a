"""Times of a descriptor: durations that may be nothing."""

from __future__ import annotations

from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.durations import LONGEST_SECONDS, duration_seconds


def read_span(found: FoundRecord, key: str, findings: Findings, *, default: float, at_least: float = 0.0) -> float:
    """Return a time in seconds, to the millisecond; the default where there is none, or after noting what is wrong."""
    text = found.text(key)
    if text is None:
        return default
    seconds = 0.0 if not any(digit in text for digit in "123456789") else duration_seconds(text)
    if seconds is None or seconds < at_least:
        least = f"at least {at_least:g}s" if at_least else "nothing or more"
        message = f"found the duration {quoted(text)}, expected {least} and at most {LONGEST_SECONDS / 86400:g} days"
        findings.error(found.at(key), "invalidValue", message, "write a duration such as 90s, 5m or 24h")
        return default
    return round(seconds, 3)
