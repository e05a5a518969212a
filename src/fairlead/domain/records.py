"""Records of deployments: a summary for histories, and the whole story of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fairlead.domain.deployments import Deployment, Outcome
from fairlead.domain.health import HealthState
from fairlead.domain.identity import Commit, ObjectRef, ReleaseKey, Revision

KEPT: Final = 10
"""How many deployments of a release are remembered when nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class ObjectOutcome:
    """What became of one object. `problem` says why it was not `done`; it is empty when the run ended before."""

    ref: ObjectRef
    action: str
    done: bool
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, which is the stored form too."""
        return {"object": self.ref.to_json(), "action": self.action, "done": self.done, "problem": self.problem}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ObjectOutcome:
        """Read the stored form; KeyError or ValueError when it is none."""
        return cls(
            object_ref_from(stored["object"]), str(stored["action"]), bool(stored["done"]), str(stored["problem"])
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """A deployment as history knows it. Times are RFC 3339; `finished_at` is None of a run that nobody saw ending.

    `objects` say what became of each, `chart` is its name, version and digest. `chunks` is in how many further Secrets
    the record goes on, None when there is none: what a chart rendered to stands in Helm's record.
    """

    deployment: Deployment
    started_at: str
    finished_at: str | None
    by: str
    host: str
    tool_version: str
    objects: tuple[ObjectOutcome, ...] = ()
    chart: Mapping[str, str] | None = None
    values_digest: str | None = None
    chunks: int | None = None

    @property
    def number(self) -> int:
        """The number of the deployment."""
        return self.deployment.number or 0

    def to_json(self) -> dict[str, Any]:
        """Return an item of `history`."""
        return {
            **self.deployment.to_json(),
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "by": self.by,
            "host": self.host,
            "toolVersion": self.tool_version,
        }

    def to_stored(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            **self.to_json(),
            "objects": [one.to_json() for one in self.objects],
            "chart": self.chart,
            "valuesDigest": self.values_digest,
            "chunks": self.chunks,
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Recorded:
        """Read the stored form; KeyError or ValueError when it is none."""
        finished = stored["finishedAt"]
        return cls(
            _deployment(stored),
            str(stored["startedAt"]),
            None if finished is None else str(finished),
            str(stored["by"]),
            str(stored["host"]),
            str(stored["toolVersion"]),
            tuple(ObjectOutcome.from_json(one) for one in stored["objects"]),
            stored["chart"],
            stored["valuesDigest"],
            stored["chunks"],
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment and what it was made of, enough to deploy it again.

    `manifests` are the objects that were wanted, `crds` a chart's definitions, `hooks` its hooks with events, weight
    and policies. `secrets` are the clear texts among them that nobody may see: the record lives where only those get
    who may read Secrets, and what is shown of it is masked. `app` is the descriptor of an app with the environment
    variables that it got; its copies of Secrets are not among the manifests.
    """

    recorded: Recorded
    notes: str = ""
    manifests: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    crds: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    hooks: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    app: Mapping[str, Any] | None = field(default=None, repr=False)

    def to_stored(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "deployment": self.recorded.to_stored(),
            "notes": self.notes,
            "manifests": list(self.manifests),
            "crds": list(self.crds),
            "hooks": list(self.hooks),
            "secrets": list(self.secrets),
            "app": self.app,
        }

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Record:
        """Read the stored form; KeyError or ValueError when it is none."""
        return cls(
            Recorded.from_stored(stored["deployment"]),
            str(stored["notes"]),
            tuple(stored["manifests"]),
            tuple(stored["crds"]),
            tuple(stored["hooks"]),
            tuple(stored["secrets"]),
            stored.get("app"),
        )

    def in_chunks(self, chunks: int) -> Record:
        """Return the record with the number of further Secrets that hold it."""
        return replace(self, recorded=replace(self.recorded, chunks=chunks))


def surplus(deployments: Sequence[Recorded], *, kept: int) -> tuple[Recorded, ...]:
    """Return the oldest deployments beyond those that are kept; the last good one always is: there the way back leads.

    `deployments` are oldest first, `kept` is at least 2.
    """
    good = [one for one in deployments if one.deployment.outcome.is_good][-1:]
    return tuple(one for one in deployments if one not in good)[: max(0, len(deployments) - kept)]


def object_ref_from(stored: Mapping[str, Any]) -> ObjectRef:
    """Read an identity in its wire form; KeyError when it is none."""
    return ObjectRef(*(str(stored[name]) for name in ("apiVersion", "kind", "namespace", "name")))


def _deployment(stored: Mapping[str, Any]) -> Deployment:
    health, revision = stored["health"], stored["revision"]
    return Deployment(
        ReleaseKey(*(str(stored[name]) for name in ("environment", "cluster", "namespace", "release"))),
        Outcome(stored["outcome"]),
        Revision(
            Commit(revision["commit"], bool(revision["dirty"])),
            str(revision["inputsDigest"]),
            str(revision["manifestsDigest"]),
        ),
        str(stored["planDigest"] or ""),
        summary={str(name): int(count) for name, count in stored["summary"].items()},
        health=None if health is None else HealthState(health),
        duration=float(stored["durationSeconds"]),
        explanation=str(stored["explanation"]),
        code=str(stored.get("code") or ""),
        number=int(stored["number"]),
        returns_to=None if stored.get("rollbackTo") is None else int(stored["rollbackTo"]),
        version=str(stored.get("version") or ""),
    )
