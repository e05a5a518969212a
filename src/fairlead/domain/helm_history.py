"""A revision that Helm made, in the form in which we tell of deployments."""

from __future__ import annotations

from typing import Final

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.helm_release import HelmRelease, HelmStatus
from fairlead.domain.identity import Commit, ReleaseKey, Revision, sha256_bytes, sha256_json
from fairlead.domain.records import Recorded

BY_HELM: Final = "helm"

_OUTCOMES: Final = {
    HelmStatus.DEPLOYED: Outcome.SUCCEEDED,
    HelmStatus.SUPERSEDED: Outcome.SUCCEEDED,
    HelmStatus.FAILED: Outcome.FAILED,
}


def as_recorded(release: HelmRelease, key: ReleaseKey) -> Recorded:
    """Return a revision as a deployment. Its digests are of what Helm recorded, so they compare among themselves only.

    Whoever made a revision that neither succeeded nor failed was interrupted, as far as anyone knows.
    """
    outcome = _OUTCOMES.get(release.status, Outcome.INTERRUPTED)
    inputs = sha256_json([release.body.get("chart"), release.body.get("config")])
    revision = Revision(Commit(None, dirty=False), inputs, sha256_bytes(release.manifest.encode()))
    deployment = Deployment(key, outcome, revision, "", explanation=release.description, number=release.revision)
    done = None if outcome is Outcome.INTERRUPTED else release.last_deployed
    by = "fairlead" if release.by_fairlead else BY_HELM
    return Recorded(deployment, release.last_deployed, done, by, host="", tool_version="")
