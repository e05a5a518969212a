"""What can be known to be wrong about rendered releases without a cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.domain.api_lifecycle import kube_minor, retirement
from fairlead.domain.errors import Problem, Severity
from fairlead.domain.identity import Identity, ObjectRef
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import RenderedRelease


@dataclass(frozen=True, slots=True)
class Located:
    """A manifest and the release it belongs to."""

    release: RenderedRelease
    manifest: Manifest

    def __str__(self) -> str:
        return f"{self.manifest.ref} of {self.release.key}"

    def problem(self, code: str, message: str, *, remedy: str, severity: Severity = Severity.ERROR) -> Problem:
        """Return a problem placed at this manifest."""
        source, line = self.manifest.source, self.manifest.line
        return Problem(code, message, file=source, line=line, remedy=remedy, severity=severity)


def lint_releases(releases: Sequence[RenderedRelease], *, kube_versions: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return every problem of the rendered releases, seen together.

    `kube_versions` gives the Kubernetes version of a cluster by its name, where it is known.
    """
    located = [Located(release, manifest) for release in releases for manifest in (*release.crds, *release.manifests)]
    return (
        *_duplicates(located),
        *_ingress_conflicts(located),
        *_retired_versions(located, kube_versions),
    )


def _duplicates(located: Iterable[Located]) -> Iterator[Problem]:
    seen: dict[tuple[str, Identity], Located] = {}
    for item in located:
        ref = item.manifest.ref
        if not ref.name:  # generateName: the server gives each its own
            continue
        first = seen.setdefault((item.release.key.cluster, ref.identity), item)
        if first is not item:
            message = f"{item} is also declared by {first.release.key} ({first.manifest.source})"
            yield item.problem("duplicateObject", message, remedy="declare it in one release only")


@dataclass(frozen=True, slots=True)
class _Claim:
    host: str
    path: str
    ingress_class: str | None


def _ingress_conflicts(located: Iterable[Located]) -> Iterator[Problem]:
    claimed: dict[tuple[str, str, str], list[tuple[str | None, Located]]] = defaultdict(list)
    for item in located:
        if item.manifest.ref.kind != "Ingress":
            continue
        for claim in _claims(item.manifest.data):
            earlier = claimed[item.release.key.cluster, claim.host, claim.path]
            # Without a class any controller may serve it, so it conflicts with every class.
            rival = next(
                (other for cls, other in earlier if None in (cls, claim.ingress_class) or cls == claim.ingress_class),
                None,
            )
            if rival is not None:
                message = f"{item} and {rival} both claim {claim.host}{claim.path}"
                yield item.problem("ingressConflict", message, remedy="give each host and path to one Ingress")
            earlier.append((claim.ingress_class, item))


def _claims(ingress: Mapping[str, Any]) -> Iterator[_Claim]:
    spec = _mapping(ingress.get("spec"))
    annotations = _mapping(_mapping(ingress.get("metadata")).get("annotations"))
    ingress_class = spec.get("ingressClassName") or annotations.get("kubernetes.io/ingress.class")
    for rule in _sequence(spec.get("rules")):
        http = _mapping(_mapping(rule).get("http"))
        for path in _sequence(http.get("paths")) or [{}]:
            host = str(_mapping(rule).get("host") or "*").lower()
            yield _Claim(host, str(_mapping(path).get("path") or "/"), ingress_class)


def _retired_versions(located: Iterable[Located], kube_versions: Mapping[str, str]) -> Iterator[Problem]:
    for item in located:
        ref: ObjectRef = item.manifest.ref
        row = retirement(ref.api_version, ref.kind)
        if row is None:
            continue
        version = kube_minor(kube_versions.get(item.release.key.cluster, ""))
        gone = version is None or version >= row.removed_in
        removed = ".".join(map(str, row.removed_in))
        yield item.problem(
            "apiVersionRemoved" if gone else "apiVersionDeprecated",
            f"{item}: {ref.api_version} {'is' if gone else 'will be'} removed in Kubernetes {removed}",
            remedy=f"use {row.use_instead}",
            severity=Severity.ERROR if gone else Severity.WARNING,
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []
