"""Release to objects: chart, manifests or kustomization, with patches applied and namespaces set.

What is rendered depends only on the arguments. Marks are added later, when it is known whose the objects become.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairlead.domain.app_releases import AppUse
from fairlead.domain.apps.configuration import configuration
from fairlead.domain.apps.descriptor import Descriptor
from fairlead.domain.apps.objects import Inputs, version_digest, version_objects
from fairlead.domain.apps.unit_objects import unit_objects
from fairlead.domain.apps.writing import descriptor_json
from fairlead.domain.builtin_scopes import BUILT_IN_SCOPES
from fairlead.domain.chart_output import part_hooks
from fairlead.domain.config import App, Chart, Crds, Declaration, Kustomization, ManifestFiles
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem
from fairlead.domain.events import Rendered, RenderStarted
from fairlead.domain.flattening import flattened
from fairlead.domain.helm_past import HelmPast
from fairlead.domain.identity import ReleaseKey, sha256_bytes, sha256_json
from fairlead.domain.manifests import Manifest
from fairlead.domain.marks import unmarked
from fairlead.domain.patches import apply_patches
from fairlead.domain.placing import Scopes, place, scopes_of
from fairlead.domain.rendering import Capabilities, ChartRequest, ChartUse, Lookup, RenderedChart, RenderedRelease
from fairlead.domain.targets import Target
from fairlead.doors.paths import Paths
from fairlead.doors.redaction import secrets_in
from fairlead.doors.yaml import read_manifests
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.fetching import OneLook
from fairlead.pipeline.helm.past import Pasts
from fairlead.pipeline.values import Sources, Values, ValuesFiles, effective_values
from fairlead.ports.charts import ChartSource
from fairlead.ports.events import EventSink
from fairlead.ports.kustomize import Kustomize
from fairlead.ports.renderer import ChartRenderer

UNNUMBERED = "next"
"""What the version of an app is called in what is rendered, where only the cluster knows its number."""

AT_ONCE = 8  # releases in the making; the renderer has a limit of its own


@dataclass(frozen=True, slots=True)
class Facts:
    """What rendering may know of the place that a release goes to.

    `scopes` says of (group, kind) whether its objects live in namespaces; Kubernetes' own kinds are known without.
    `pasts` say what Helm's records tell of releases, by namespace and name: a chart sees itself as the revision that is
    deployed, or with `as_next` as the one that would follow. `lookup` None makes its lookups find nothing. `inputs` are
    what apps are made of besides, by the same.
    """

    capabilities: Capabilities
    scopes: Scopes = field(default_factory=dict)
    lookup: Lookup | None = None
    pasts: Pasts = field(default_factory=dict)
    as_next: bool = False
    inputs: Mapping[tuple[str, str], Inputs] = field(default_factory=dict)

    def past(self, key: ReleaseKey) -> HelmPast:
        """Return what the records tell of one release."""
        return self.pasts.get((key.namespace, key.release), HelmPast())


@dataclass(frozen=True, slots=True)
class Rendering:
    """What rendering gets from outside. Charts, renderer and kustomize are built only when a release needs them."""

    declaration: Declaration
    paths: Paths
    values_files: ValuesFiles
    events: EventSink
    charts: Callable[[], Awaitable[ChartSource]]
    renderer: Callable[[], Awaitable[ChartRenderer]]
    kustomize: Callable[[], Awaitable[Kustomize]]

    def for_one_run(self) -> Rendering:
        """Return the same, with every chart fetched once."""
        look = OneLook(self.charts)

        async def charts() -> ChartSource:
            return look

        return replace(self, charts=charts)


async def render_all(
    releases: Sequence[tuple[Target, Facts]], rendering: Rendering, sources: Sources
) -> tuple[RenderedRelease, ...]:
    """Render releases, several at once; the first failure ends the rest."""
    rendering, room = rendering.for_one_run(), asyncio.Semaphore(AT_ONCE)

    async def bounded(target: Target, facts: Facts) -> RenderedRelease:
        async with room:
            return await render(target, facts, rendering, sources)

    return tuple(await at_once(bounded(target, facts) for target, facts in releases))


async def render(target: Target, facts: Facts, rendering: Rendering, sources: Sources) -> RenderedRelease:
    """Render one release.

    Raises:
        InputError: something declared is wrong: values, manifests, patches, the chart itself.
        OperationFailed: the chart or the kustomization could not be rendered, or not be had.
    """
    rendering.events.emit(RenderStarted(target.key))
    match target.release.source:
        case ManifestFiles(files=files):
            made = _from_files(files, rendering)
        case Kustomization(path=path):
            made = await _from_kustomization(path, rendering)
        case App(descriptor=descriptor):
            made = _from_app(descriptor, target, facts.inputs.get((target.key.namespace, target.key.release)))
        case chart:
            made = await _from_chart(chart, target, facts=facts, rendering=rendering, sources=sources)
    finished = _finished(made, target, facts)
    objects = len(finished.manifests) + len(finished.hooks) + len(finished.crds)
    rendering.events.emit(Rendered(target.key, objects, made.chart.cached))
    return finished


@dataclass(frozen=True, slots=True)
class _Made:
    """What a source gave, before patches and namespaces. `inputs` is everything that it depends on, as JSON."""

    chart: RenderedChart
    inputs: object
    secrets: tuple[str, ...] = ()
    use: ChartUse | None = None
    app: AppUse | None = None


def _from_files(files: tuple[str, ...], rendering: Rendering) -> _Made:
    contents = {file: rendering.paths.read(file) for file in files}
    objects = [manifest for file, content in contents.items() for manifest in _objects(content, file)]
    return _made(objects, {file: sha256_bytes(content) for file, content in contents.items()})


async def _from_kustomization(path: str, rendering: Rendering) -> _Made:
    stream = await (await rendering.kustomize()).build(path)
    objects = [replace(manifest, line=None) for manifest in _objects(stream, path)]
    return _made(objects, {path: sha256_bytes(stream)})


def _from_app(descriptor: Descriptor, target: Target, inputs: Inputs | None) -> _Made:
    """Return the objects of the next version, live, without its number and without copies of Secrets.

    What it is made of in its cluster counts as its inputs, where that is known.
    """
    made = _app_objects(descriptor, target, inputs or Inputs())
    if inputs is None:
        return made
    try:
        digest = version_digest(descriptor, inputs)
    except InputError as error:
        place = target.release.place
        raise InputError([one.at(file=place.file, line=place.line) for one in error.problems]) from None
    copies = configuration(descriptor, inputs.secrets).values()
    said = [made.inputs, digest]
    return replace(made, inputs=said, secrets=tuple(secrets_in(copies)), app=AppUse(descriptor, inputs))


def _app_objects(descriptor: Descriptor, target: Target, inputs: Inputs) -> _Made:
    version = UNNUMBERED if descriptor.is_automatic else descriptor.version
    known = replace(descriptor, secrets=())
    made = version_objects(known, version, Inputs(inputs.variables))
    unit = unit_objects(known, version, version)
    place, objects = target.release.place, (*made.created, *made.autoscalers, *unit.all)
    return _made([Manifest(unmarked(obj), place.file, place.line) for obj in objects], descriptor_json(descriptor))


def _made(objects: Sequence[Manifest], inputs: object) -> _Made:
    manifests, hooks = part_hooks(flattened(objects))
    return _Made(RenderedChart(manifests, hooks), inputs)


def _objects(content: bytes, file: str) -> Iterable[Manifest]:
    for value, line in read_manifests(content, file):
        if not isinstance(value, dict):
            message = f"found {type(value).__name__}, expected a Kubernetes object"
            raise InputError(Problem("objectInvalid", message, file, line, remedy="every document must be a mapping"))
        yield Manifest(value, file, line)


async def _from_chart(chart: Chart, target: Target, *, facts: Facts, rendering: Rendering, sources: Sources) -> _Made:
    values = await effective_values(rendering.declaration, target, rendering.values_files, sources)
    local = await (await rendering.charts()).fetch(chart, rendering.declaration.helm_repos)
    renderer = await rendering.renderer()
    secrets, past = values.secrets, facts.past(target.key)
    request = ChartRequest(
        name=target.release.name,
        namespace=target.key.namespace,
        chart=local,
        values=values.clear,
        capabilities=facts.capabilities,
        revision=past.next_revision if facts.as_next else past.shown_revision,
        is_upgrade=past.is_installed if facts.as_next else past.shown_as_upgrade,
        lookup=facts.lookup if local.looks_up else None,
        holds_secrets=bool(secrets),
    )
    try:
        made = await renderer.render(request)
    except (InputError, OperationFailed) as error:
        raise _told(error, target, values) from None
    flat = replace(made, manifests=tuple(flattened(made.manifests)), crds=tuple(flattened(made.crds)))
    cluster = facts.capabilities
    # A definition that somebody installs is no other input of a chart that asks for none.
    versions = sorted(cluster.api_versions) if request.asks_versions else []
    capabilities = [cluster.kube_version, versions, cluster.complete]
    inputs = [local.digest, values.clear, *capabilities, renderer.version]
    return _Made(flat, inputs, tuple(secrets), ChartUse(local, values.clear, past))


def _finished(made: _Made, target: Target, facts: Facts) -> RenderedRelease:
    chart, key, patches = made.chart, target.key, target.release.patches
    together = [*chart.manifests, *(hook.manifest for hook in chart.hooks)]
    patched = apply_patches(together, patches) if patches else tuple(together)
    definitions = [manifest.data for manifest in (*chart.crds, *patched)]
    scopes = {**BUILT_IN_SCOPES, **scopes_of((), definitions), **facts.scopes}
    placed = [_placed(manifest, key, scopes) for manifest in patched]
    hooks = zip(chart.hooks, placed[len(chart.manifests) :], strict=True)
    return RenderedRelease(
        key=key,
        inputs_digest=_inputs_digest(made, target),
        manifests=tuple(placed[: len(chart.manifests)]),
        hooks=tuple(replace(hook, manifest=manifest) for hook, manifest in hooks),
        crds=() if target.release.crds is Crds.SKIP else chart.crds,
        notes=chart.notes,
        secrets=made.secrets,
        use=made.use,
        app=made.app,
    )


def _placed(manifest: Manifest, key: ReleaseKey, scopes: Mapping[tuple[str, str], bool]) -> Manifest:
    return replace(manifest, data=place(manifest, key, scopes).data)


def _inputs_digest(made: _Made, target: Target) -> str:
    patches = [[patch.kind, patch.name, patch.type, patch.patch] for patch in target.release.patches]
    crds = [] if target.release.crds is Crds.INSTALL else [target.release.crds.value]
    return sha256_json([target.release.name, target.key.namespace, made.inputs, patches, *crds])


def _told(error: InputError | OperationFailed, target: Target, values: Values) -> FairleadError:
    """Return the error with secrets left out, and with the place where a refused value was written."""
    origins = values.provenance
    place = target.release.place
    problems = []
    for problem in error.problems:
        message = problem.message
        for text, mask in values.secrets.items():
            message = message.replace(text, mask)
        shown = replace(problem, message=message[:_LONGEST])
        origin = origins.get(problem.path or "")
        if origin is not None and origin.file is not None:
            shown = shown.at(file=origin.file, line=origin.line)
        problems.append(shown.at(file=place.file, line=place.line))
    return InputError(problems) if isinstance(error, InputError) else OperationFailed(problems)


_LONGEST = 4000  # characters; a template may fail with as many as it likes
