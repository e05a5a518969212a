"""What a step of the machine is news of: phases entered, versions changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.phases import VersionState
from fairlead.domain.unit_news import LogLine, StateEntered, UnitNews, VersionChanged
from fairlead.domain.units import UnitKey


def news_of(key: UnitKey, old: Anchor, new: Anchor, at: datetime) -> Iterator[UnitNews]:
    """Yield what is news between two anchors, in the order in which people want to hear it."""
    before = {one.name: one.state for one in old.versions}
    for one in new.versions:
        if before.get(one.name, VersionState.ABSENT) is not one.state:
            yield VersionChanged(key, at, one.deployment, one.name, one.state)
            reason = one.reason if one.state is VersionState.FAILED else ""
            yield LogLine(key, at, one.deployment, f"version {one.name} is {one.state}", reason)
    if (old.phase, old.part, old.since) != (new.phase, new.part, new.since):
        candidate = new.candidate or old.candidate
        deployment, version = (candidate.deployment, candidate.version) if candidate is not None else ("", "")
        explanation = new.blocked.explanation if new.blocked is not None else ""
        yield StateEntered(key, at, deployment, new.phase, version, explanation)
        if (old.phase, _intent(old)) != (new.phase, _intent(new)):  # the parts of a phase are told in no line
            yield LogLine(key, at, deployment, str(new.phase), explanation)


def _intent(anchor: Anchor) -> str:
    return anchor.candidate.intent if anchor.candidate is not None else ""
