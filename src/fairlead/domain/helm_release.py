"""Helm's own record of one revision of a release, and what becomes of it.

The fields are those of Helm 4 (`pkg/release/v1`). Whatever else a record of Helm's holds is kept when we write it
again. Times are arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from fairlead.domain.identity import ReleaseKey

_SIGNATURE: Final = " by Fairlead"
_ROLLBACK: Final = "Rollback"


class HelmStatus(StrEnum):
    """Helm's words for where a revision stands."""

    UNKNOWN = "unknown"
    DEPLOYED = "deployed"
    UNINSTALLED = "uninstalled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"

    @classmethod
    def read(cls, word: object) -> HelmStatus:
        """Return the status that a word means; one that no Helm of ours knows is `unknown`."""
        return next((status for status in cls if status.value == word), cls.UNKNOWN)

    @property
    def is_pending(self) -> bool:
        """Whether somebody has begun this revision and not ended it."""
        return self.value.startswith("pending-")


_DOING: Final = {HelmStatus.PENDING_INSTALL: "Install", HelmStatus.PENDING_ROLLBACK: _ROLLBACK}


@dataclass(frozen=True, slots=True)
class HelmContent:
    """What a revision consists of: `chart` as Helm keeps it, `config` the user's values, the manifests as YAML text.

    `hooks` are hooks in Helm's form. `returns_to` is the revision that is deployed again.
    """

    chart: Mapping[str, Any]
    config: Mapping[str, Any] = field(repr=False)
    manifest: str = field(repr=False)
    hooks: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    notes: str = ""
    returns_to: int | None = None


@dataclass(frozen=True, slots=True)
class HelmRelease:
    """One revision of a release. `body` is the whole record, fields that we do not know included."""

    body: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of the release."""
        return str(self.body.get("name") or "")

    @property
    def namespace(self) -> str:
        """The namespace of the release."""
        return str(self.body.get("namespace") or "")

    @property
    def revision(self) -> int:
        """The number of the revision, from 1."""
        return int(self.body.get("version") or 0)

    @property
    def status(self) -> HelmStatus:
        """Where the revision stands."""
        return HelmStatus.read(self._info.get("status"))

    @property
    def chart_name(self) -> str:
        """The name of the chart that was deployed."""
        return str(((self.body.get("chart") or {}).get("metadata") or {}).get("name") or "")

    @property
    def chart_version(self) -> str:
        """The version of the chart that was deployed."""
        return str(((self.body.get("chart") or {}).get("metadata") or {}).get("version") or "")

    @property
    def manifest(self) -> str:
        """The objects of the revision, hooks and `crds/` left out, as a YAML stream."""
        return str(self.body.get("manifest") or "")

    @property
    def description(self) -> str:
        """What Helm, or we, said of the revision."""
        return str(self._info.get("description") or "")

    @property
    def last_deployed(self) -> str:
        """When the revision was begun, RFC 3339; empty when the record does not tell."""
        return str(self._info.get("last_deployed") or "")

    @property
    def first_deployed(self) -> str:
        """When the release was first installed, RFC 3339; empty when the record does not tell."""
        return str(self._info.get("first_deployed") or "")

    @property
    def by_fairlead(self) -> bool:
        """Whether we made the revision. Only its description outlives every change that Helm makes to a record."""
        return _SIGNATURE in self.description

    @property
    def _info(self) -> Mapping[str, Any]:
        return self.body.get("info") or {}

    def ended(self, status: HelmStatus, description: str | None = None) -> HelmRelease:
        """Return the revision with another status, and with another description if one is given."""
        info = {**self._info, "status": status.value}
        if description is not None:
            info["description"] = description
        return replace(self, body={**self.body, "info": info})

    def without_sources(self) -> HelmRelease:
        """Return the revision without the templates and files of its chart, which only weigh."""
        chart = {**(self.body.get("chart") or {}), "templates": [], "files": []}
        return replace(self, body={**self.body, "chart": chart})


def begun(
    content: HelmContent, key: ReleaseKey, *, revision: int, first_deployed: str | None, at: datetime
) -> HelmRelease:
    """Return the record of a revision that is about to be deployed: an install when there was none before."""
    status, doing = HelmStatus.PENDING_UPGRADE, "Preparing upgrade"
    if first_deployed is None:
        status, doing = HelmStatus.PENDING_INSTALL, "Initial install"
    elif content.returns_to is not None:
        status, doing = HelmStatus.PENDING_ROLLBACK, f"{_ROLLBACK} to {content.returns_to}"
    info = {
        "first_deployed": first_deployed or timestamp(at),
        "last_deployed": timestamp(at),
        "description": f"{doing}{_SIGNATURE}",
        "status": status.value,
        "notes": content.notes,
    }
    return HelmRelease(
        {
            "name": key.release,
            "info": info,
            "chart": dict(content.chart),
            "config": dict(content.config),
            "manifest": content.manifest,
            "hooks": [dict(hook) for hook in content.hooks],
            "version": revision,
            "namespace": key.namespace,
            # Without it Helm goes on with this release from the client's side, which splits ownership of fields.
            "apply_method": "ssa",
        }
    )


def succeeded(release: HelmRelease) -> HelmRelease:
    """Return a pending revision as deployed."""
    if release.status is HelmStatus.PENDING_ROLLBACK:  # Helm, too, goes on saying what it went back to
        return release.ended(HelmStatus.DEPLOYED)
    done = "Install complete" if release.status is HelmStatus.PENDING_INSTALL else "Upgrade complete"
    return release.ended(HelmStatus.DEPLOYED, done + _SIGNATURE)


def failed(release: HelmRelease, why: str) -> HelmRelease:
    """Return a pending revision as failed; `why` must hold no secrets."""
    doing = _DOING.get(release.status, "Upgrade")
    return release.ended(HelmStatus.FAILED, f"{doing}{_SIGNATURE} failed: {why}")


def abandoned(release: HelmRelease) -> HelmRelease:
    """Return a revision that somebody began and never ended, as it is left when a later one takes over."""
    return release.ended(HelmStatus.FAILED, f"{release.description} (never ended; a later revision took over)".strip())


def timestamp(at: datetime) -> str:
    """Return a time as Helm writes it: RFC 3339, UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
