"""What an application answered to the load on it: one record a request, its log, and what all of it says together.

    python -m bench.answers LOG [--new VERSION --switched SECONDS]

Times are seconds since 1970. A latency counts from the moment when the request was due, not from when it was sent: a
client that waits for a slow server before it sends the next request hides how long the next one would have waited.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

OK = 200
LATE = 0.01


class Kind(StrEnum):
    """How a request reaches the server: by a connection that is kept, by one of its own, or by one for a long time."""

    KEPT = "kept"
    NEW = "new"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Answer:
    """One request. `answered` is when the head of the answer was there, `ended` when all of it was, or it had failed.

    `status` is 0 and `answered` 0.0 where no answer came; `error` says what went wrong then, or what was wrong with the
    answer. `version` and `pod` are the first two words of the answer.
    """

    kind: Kind
    due: float
    sent: float
    answered: float
    ended: float
    status: int
    version: str
    pod: str
    error: str

    @property
    def latency(self) -> float:
        """Seconds from when it was due until all of the answer was there."""
        return self.ended - self.due

    @property
    def failed(self) -> bool:
        """Whether its sender did not get what it asked for."""
        return bool(self.error) or self.status != OK

    @property
    def cause(self) -> str:
        """Why it failed."""
        return self.error or f"status {self.status}"


@dataclass(frozen=True, slots=True)
class Span:
    """The answers of one version: how many, and when the first and the last of them came."""

    version: str
    answers: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Summary:
    """All answers together. Quantiles are of latencies in seconds, of short requests alone; `late` were sent too late.

    `failures` count by cause, `versions` stand in the order in which they first answered.
    """

    requests: Mapping[Kind, int]
    failures: Mapping[str, int]
    late: int
    p50: float
    p99: float
    slowest: float
    versions: tuple[Span, ...]

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(self.failures.values())


def summarize(answers: Iterable[Answer]) -> Summary:
    """Return what the answers say together."""
    known = sorted(answers, key=lambda one: one.due)
    latencies = sorted(one.latency for one in known if one.kind is not Kind.LONG)
    return Summary(
        requests=Counter(one.kind for one in known),
        failures=Counter(one.cause for one in known if one.failed),
        late=sum(one.sent - one.due > LATE for one in known),
        p50=quantile(latencies, 0.5),
        p99=quantile(latencies, 0.99),
        slowest=quantile(latencies, 1),
        versions=_spans(known),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all values does not exceed; 0 where there are none."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


def too_early(answers: Iterable[Answer], version: str, switched: float) -> list[Answer]:
    """Return the answers of a version that had begun before traffic was switched to it."""
    return [one for one in answers if one.version == version and one.answered < switched]


def too_late(answers: Iterable[Answer], version: str, confirmed: float) -> list[Answer]:
    """Return the new connections that still reached a version after traffic had certainly left it."""
    return [one for one in answers if one.kind is not Kind.KEPT and one.version == version and one.sent > confirmed]


def first_of(answers: Iterable[Answer], version: str) -> float:
    """Return when a version first answered; infinite where it never did."""
    return min((one.answered for one in answers if one.version == version), default=math.inf)


def write(file: Path, answers: Iterable[Answer]) -> None:
    """Write the log: one JSON object a line, with the latency for those who read it otherwise."""
    documents = ({**dataclasses.asdict(one), "latency": round(one.latency, 6)} for one in answers)
    file.write_text("".join(json.dumps(document) + "\n" for document in documents))


def read(file: Path) -> list[Answer]:
    """Read a log."""
    found = []
    for line in file.read_text().splitlines():
        document = json.loads(line)
        del document["latency"]
        found.append(Answer(**{**document, "kind": Kind(document["kind"])}))
    return found


def shown(summary: Summary) -> str:
    """Return a summary as text, one fact a line."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.requests.items()))
    causes = ", ".join(f"{count} {cause}" for cause, count in sorted(summary.failures.items()))
    times = " / ".join(f"{seconds * 1000:.1f}" for seconds in (summary.p50, summary.p99, summary.slowest))
    return "\n".join(
        (
            f"requests             {sum(summary.requests.values())} ({kinds or 'none'})",
            f"failed               {summary.failed}{f' ({causes})' if causes else ''}",
            f"p50 / p99 / slowest  {times} ms",
            f"sent late            {summary.late} by more than {LATE * 1000:.0f} ms",
            *_versions(summary),
        )
    )


def _versions(summary: Summary) -> Iterable[str]:
    began = min((span.first for span in summary.versions), default=0.0)
    for span in summary.versions:
        name = f"version {span.version}"
        yield f"{name:20} {span.answers} answers, {span.first - began:.2f} s to {span.last - began:.2f} s"


def _spans(answers: Sequence[Answer]) -> tuple[Span, ...]:
    moments: dict[str, list[float]] = {}
    for one in answers:
        if one.version:
            moments.setdefault(one.version, []).append(one.answered)
    spans = (Span(version, len(all_), min(all_), max(all_)) for version, all_ in moments.items())
    return tuple(sorted(spans, key=lambda span: span.first))


def main() -> None:
    """Read a log and print what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path)
    parser.add_argument("--new", metavar="VERSION", help="count the answers of this version before it got traffic")
    parser.add_argument("--switched", type=float, default=0.0, help="when that was")
    options = parser.parse_args()
    answers = read(options.log)
    print(shown(summarize(answers)))
    if options.new is not None:
        print(f"before its switch    {len(too_early(answers, options.new, options.switched))} answers of {options.new}")


if __name__ == "__main__":
    main()
