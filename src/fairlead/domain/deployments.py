"""What came of carrying out a plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from fairlead.domain.app_waiting import REQUESTED
from fairlead.domain.errors import OperationFailed
from fairlead.domain.health import HealthState
from fairlead.domain.identity import ReleaseKey, Revision


class Outcome(StrEnum):
    """How the deployment of one release ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolledBack"
    INTERRUPTED = "interrupted"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    REFUSED = "refused"
    UNCHANGED = "unchanged"

    @property
    def is_good(self) -> bool:
        """Whether what depends on the release may go on."""
        return self in (Outcome.SUCCEEDED, Outcome.UNCHANGED)


class CameBack(OperationFailed):
    """It did not work, and what was there before it is there still, or again."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One execution of a release's plan.

    `number` is None while nothing is recorded, `plan_digest` empty where no plan of ours was. `health` is None when
    nobody looked (`wait: false`, skipped). `explanation` says in plain sentences why it is not good; empty otherwise.
    `code` is that of the problem that decided, empty where several did, or none.
    `duration` is in seconds. `returns_to` is the deployment that was deployed again, 0 when all that
    a first deployment had made was removed. `version` is what an app got, or tried to, empty for all that is none.
    """

    key: ReleaseKey
    outcome: Outcome
    revision: Revision
    plan_digest: str
    summary: dict[str, int] = field(default_factory=dict)
    health: HealthState | None = None
    duration: float = 0.0
    explanation: str = ""
    number: int | None = None
    returns_to: int | None = None
    code: str = ""
    version: str = ""

    @property
    def is_requested(self) -> bool:
        """Whether a part of its changes was only asked for: somebody, or something, has to let it go on."""
        return self.outcome is Outcome.SUCCEEDED and self.code in REQUESTED

    def to_json(self) -> dict[str, Any]:
        """Return an item of `deployments`."""
        return {
            **self.key.to_json(),
            "number": self.number,
            "outcome": self.outcome.value,
            "revision": self.revision.to_json(),
            "planDigest": self.plan_digest or None,
            "summary": self.summary,
            "health": self.health.value if self.health is not None else None,
            "durationSeconds": round(self.duration, 3),
            "explanation": self.explanation,
            "code": self.code or None,
            "rollbackTo": self.returns_to,
            "version": self.version or None,
            "requested": self.is_requested,
        }


def returned(failed: Deployment, back: Deployment) -> Deployment:
    """Return what a failed deployment came to when what was before it is there again, and healthy."""
    how = f"went back to deployment {back.returns_to}" if back.returns_to else "removed what it had made"
    return replace(
        back,
        outcome=Outcome.ROLLED_BACK,
        plan_digest=failed.plan_digest,
        code=failed.code,
        duration=failed.duration + back.duration,
        explanation="\n".join(filter(None, (failed.explanation, f"Deployment {failed.number} failed; {how}."))),
    )


def not_returned(failed: Deployment, why: str) -> Deployment:
    """Return a failed deployment whose way back failed, too."""
    explanation = "\n".join(filter(None, (failed.explanation, f"Going back failed, too: {why}")))
    return replace(failed, explanation=explanation)


def not_recorded(deployment: Deployment, problem: str, code: str) -> Deployment:
    """Return a deployment that could not be recorded: then it is no success."""
    explanation = "\n".join(filter(None, (deployment.explanation, problem)))
    outcome = Outcome.FAILED if deployment.outcome.is_good else deployment.outcome
    return replace(deployment, outcome=outcome, explanation=explanation, code=deployment.code or code)
