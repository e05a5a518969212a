"""What the records of a release say of it before a deployment: which revision is deployed, by whom, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fairlead.domain.helm_payload import HelmRevision
from fairlead.domain.helm_release import HelmRelease, HelmStatus

_GONE = frozenset({HelmStatus.UNINSTALLED, HelmStatus.UNINSTALLING})


@dataclass(frozen=True, slots=True)
class HelmPast:
    """The revisions of a release that later ones have not superseded, oldest first.

    `chart` is the name of the chart that is deployed, empty when none is. `by_hand` says in a sentence what Helm itself
    did last; empty when what is deployed is our doing. `hooks` are the
    fingerprints of the hooks of what is deployed, None when nobody knows them.
    """

    revisions: tuple[HelmRevision, ...] = ()
    chart: str = ""
    by_hand: str = ""
    hooks: Mapping[str, str] | None = None

    @property
    def next_revision(self) -> int:
        """The number of the next revision."""
        return max((one.revision for one in self.revisions), default=0) + 1

    @property
    def is_installed(self) -> bool:
        """Whether the next revision is an upgrade to Helm; a failed install counts as one to go on from."""
        return any(one.status not in _GONE for one in self.revisions)

    @property
    def deployed(self) -> HelmRevision | None:
        """The revision that is deployed; None when none ever was, or none is now."""
        return deployed_of(self.revisions)

    @property
    def shown_revision(self) -> int:
        """What `.Release.Revision` was when the deployed revision was rendered, else what it will be."""
        return self.deployed.revision if self.deployed is not None else self.next_revision

    @property
    def shown_as_upgrade(self) -> bool:
        """What `.Release.IsUpgrade` was when the deployed revision was rendered, else what it will be."""
        return self.deployed.revision > 1 if self.deployed is not None else self.is_installed


def deployed_of(revisions: Sequence[HelmRevision]) -> HelmRevision | None:
    """Return the newest of the revisions that count as deployed."""
    return max((one for one in revisions if one.status is HelmStatus.DEPLOYED), default=None)


def told_by_hand(release: HelmRelease) -> str:
    """Return what Helm did when it made a revision, as a sentence; empty when we made it."""
    if release.by_fairlead:
        return ""
    when = f" on {release.last_deployed.partition('.')[0].removesuffix('Z')}Z" if release.last_deployed else ""
    return f"helm made revision {release.revision}{when}: {release.description or release.status.value}"
