"""From a descriptor as written, in JSON or in a release file, to what it means. All mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fairlead.domain.apps.descriptor import (
    DRAIN_SECONDS,
    HEALTH_PATH,
    HOT_SECONDS,
    KEEP_FAILED_SECONDS,
    SHORTEST_HOT_SECONDS,
    WARM_SECONDS,
    Component,
    ConfigMapContent,
    Descriptor,
    Elsewhere,
    Exposure,
    GatewayListener,
    Header,
    HealthCheck,
    HealthCheckType,
    Rules,
    Soak,
    Webhook,
)
from fairlead.domain.apps.naming import normalised
from fairlead.domain.declaring.apps.gates import read_gates
from fairlead.domain.declaring.apps.json_nodes import json_node
from fairlead.domain.declaring.apps.keys import DESCRIPTOR
from fairlead.domain.declaring.apps.pods import NO_POD, read_pod
from fairlead.domain.declaring.apps.rules import check_app
from fairlead.domain.declaring.apps.spans import read_span
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord, is_sound
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.declaring.reading import Reader
from fairlead.domain.documents import Node
from fairlead.domain.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a descriptor need not say because its surroundings do. `app` None: it has to name itself."""

    namespace: str = "default"
    app: str | None = None


def read_descriptor(document: object, defaults: Defaults | None = None) -> Descriptor | tuple[Problem, ...]:
    """Return what a JSON value describes, or every problem with the path in it. Never anything else, whatever it is."""
    try:
        found = read_written(json_node(document), "", defaults or Defaults())
    except InputError as error:
        return error.problems
    if isinstance(found, Descriptor):
        return replace(found, warnings=_placeless(found.warnings))
    return _placeless(found)


def read_written(node: Node, file: str, defaults: Defaults) -> Descriptor | tuple[Problem, ...]:
    """Return what a node of a file describes, or every problem with its line and the path in it."""
    findings = Findings()
    found = Reader(file, findings).read(node, DESCRIPTOR)
    descriptor = read_app(found, findings, defaults) if isinstance(found, FoundRecord) else None
    problems = tuple(findings.problems)
    return problems if descriptor is None or findings.has_errors else replace(descriptor, warnings=problems)


def _placeless(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(replace(problem, file=None, line=None, column=None) for problem in problems)


def read_app(found: FoundRecord, findings: Findings, defaults: Defaults) -> Descriptor | None:
    """Return what was found under `app` of a release, or None after noting why it is no app."""
    own = Findings()
    descriptor = Descriptor(
        namespace=found.text("namespace") or defaults.namespace,
        app=normalised(found.text("appName") or defaults.app or ""),
        version=normalised(found.text("newVersion") or ""),
        main=_component(found, own),
        components=tuple(_component(item, own) for item in found.records("components")),
        config_maps=tuple(
            ConfigMapContent(item.text("name") or "", dict(item.pairs("data"))) for item in found.records("configMaps")
        ),
        secrets=tuple(item.text for item in found.texts("secrets")),
        health=_health(found, own),
        exposure=_exposure(found),
        rules=_rules(found, own),
        elsewhere=_elsewhere(found),
    )
    check_app(found, descriptor, own)
    findings.add_all(own.problems)
    return descriptor if is_sound(found) and not own.has_errors else None


def _component(found: FoundRecord, findings: Findings) -> Component:
    """Return a workload: the app's own, which has no name, or one of its components."""
    written = found.record("podspec")
    pod_spec = None if written is None else read_pod(written, findings)
    maximum = found.whole("maxReplicas")
    minimum = found.whole("minReplicas")
    replicas = max(found.whole("replicas") or 1, minimum or 1, 1)
    return Component(
        name=found.text("name") or "",
        pod_spec=NO_POD if pod_spec is None else pod_spec,
        replicas=replicas,
        minimum=minimum if minimum is not None or maximum is None else min(replicas, maximum),
        maximum=maximum,
    )


def _health(found: FoundRecord, findings: Findings) -> HealthCheck:
    kind = found.text("healthCheckType") or HealthCheckType.PROBE
    if kind.lower() not in list(HealthCheckType):
        message = f"found {quoted(kind)}, which counts as probe"
        findings.warning(found.at("healthCheckType"), "invalidValue", message, "write probe or simple")
    path = found.text("healthCheckPath") or found.text("healthcheckUrl") or HEALTH_PATH
    return HealthCheck(
        enabled=found.flag("useHealthCheck"),
        ignored=found.flag("ignoreHealthCheck"),
        ignore_readiness=found.flag("ignoreReadiness"),
        path=path.removeprefix("/"),
        port=found.whole("healthCheckPort") or None,
        kind=HealthCheckType.SIMPLE if kind.lower() == HealthCheckType.SIMPLE else HealthCheckType.PROBE,
    )


def _exposure(found: FoundRecord) -> Exposure:
    headers = (
        Header(item.text("Header") or "", item.text("Value") or "") for item in found.records("additionHttpHeaders")
    )
    gateway = found.record("gateway")
    parents = () if gateway is None else gateway.records("parentRefs")
    return Exposure(
        host=(found.text("frontend") or "").lower() or None,
        gateways=tuple(
            GatewayListener(
                item.text("name") or "", item.text("namespace"), item.text("sectionName"), item.whole("port")
            )
            for item in parents
        ),
        ingress_class=found.text("ingressClass") or None,
        tls_secret=found.text("tlsSecretName") or None,
        redirect_www=found.flag("redirectWww"),
        compression=found.flag("useCompression"),
        sticky_sessions=found.flag("useStickySessions"),
        headers=tuple(headers),
    )


def _rules(found: FoundRecord, findings: Findings) -> Rules:
    soak = found.record("soak")
    waits = found.text("autoPromoteAfter") == "never"
    return Rules(
        min_ready=read_span(found, "minReady", findings, default=0.0),
        hot_for=read_span(found, "hotFor", findings, default=HOT_SECONDS, at_least=SHORTEST_HOT_SECONDS),
        warm_for=read_span(found, "warmFor", findings, default=WARM_SECONDS),
        drain_timeout=read_span(found, "drainTimeout", findings, default=DRAIN_SECONDS),
        keep_failed=read_span(found, "keepFailed", findings, default=KEEP_FAILED_SECONDS),
        verify=read_gates(found.records("verify"), findings),
        soak=Soak()
        if soak is None
        else Soak(read_span(soak, "duration", findings, default=0.0), read_gates(soak.records("gates"), findings)),
        promote_after=None if waits else read_span(found, "autoPromoteAfter", findings, default=0.0),
        preview_replicas=found.whole("previewReplicas"),
    )


def _elsewhere(found: FoundRecord) -> Elsewhere:
    return Elsewhere(
        identifier=found.text("id") or None,
        created=found.text("created") or None,
        last_modified=found.text("lastModified") or None,
        external_health_check=found.flag("useExternalHealthCheck"),
        external_health_check_path=found.text("externalHealthCheckPath") or None,
        readiness_port=found.whole("readinessPort") or None,
        webhooks=tuple(
            Webhook(item.text("key") or "", item.text("description") or "") for item in found.records("webhooks")
        ),
    )
