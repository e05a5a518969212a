"""The one place that calls the Helm library. Imported only by the worker: the library brings its own runtime (Go).

The C function behind the library's `Chart.render` takes the cluster's version and API versions in its options, which
the Python wrapper does not pass; so the binding is called directly, with the library's version pinned (0.2.2).
A loaded chart is changed by rendering (Helm removes disabled sub-charts from it in place), so each one is used once.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from helm_python import _native
from helm_python.errors import HelmError

from fairlead.adapters.helm.capabilities import front_of_chart, put_right
from fairlead.adapters.helm.failures import FailureKind
from fairlead.doors.archives import write_tar


class HelmRefusedError(Exception):
    """Helm said no, in its own words."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Output:
    """What Helm's engine produced: the text of each template by path, and the files of `crds/`, both as written."""

    templates: dict[str, str]
    crds: tuple[tuple[str, str], ...]
    name: str


_KINDS: Mapping[str, FailureKind] = {
    "HelmChartLoadError": FailureKind.CHART,
    "HelmChartInvalidError": FailureKind.CHART,
    "HelmValuesError": FailureKind.VALUES,
    "HelmKubeError": FailureKind.CLUSTER,
}


def render(
    chart: str, values: str, options: str, *, kubeconfig: str = "", context: str = "", exact: int | None = None
) -> Output:
    """Render the packaged chart at a path. `values` and `options` are JSON.

    `exact` is how many API versions the options name, if the chart may see no others.

    Raises:
        HelmRefusedError: with Helm's message.
    """
    with _translated(), _opened(chart, exact) as handle:
        metadata = json.loads(_native.call_string("helm_chart_metadata", handle))
        _check_installable(metadata, json.loads(options).get("kube_version", ""))
        if kubeconfig:
            with _cluster(kubeconfig, context) as cluster:
                text = _native.call_string("helm_render_with_config", cluster, handle, values, options)
        else:
            text = _native.call_string("helm_render", handle, values, options)
        crds = json.loads(_native.call_string("helm_chart_crds", handle))
    templates = json.loads(text) if exact is None else put_right(json.loads(text))
    return Output(templates, tuple((crd["filename"], crd["data"]) for crd in crds), metadata["name"])


def default_values(chart: str) -> dict[str, object]:
    """Return the chart's own values.

    Raises:
        HelmRefusedError: the chart cannot be loaded.
    """
    with _translated(), _loaded(chart) as handle:
        values: dict[str, object] = json.loads(_native.call_string("helm_chart_values", handle)) or {}
    return values


def _check_installable(metadata: Mapping[str, Any], kube_version: str) -> None:
    # Helm's `install` checks both before it renders; the library's renderer does not.
    if metadata.get("type") == "library":
        raise HelmRefusedError(FailureKind.CHART, "library charts are not installable")
    constraint = metadata.get("kubeVersion")
    if constraint and kube_version and not _satisfies(kube_version, constraint):
        message = f"chart requires kubeVersion: {constraint} which is incompatible with Kubernetes {kube_version}"
        raise HelmRefusedError(FailureKind.KUBE_VERSION, message)


def _satisfies(version: str, constraint: str) -> bool:
    # Helm's own comparison, asked through a template, so that no second reading of its constraint syntax exists.
    # A vendor's suffix (v1.33.4-gke.100) is left out first, as Helm does.
    plain = version.partition("-")[0].partition("+")[0]
    with _loaded_archive(_probe()) as handle:
        values = json.dumps({"constraint": constraint, "version": plain})
        try:
            text = _native.call_string("helm_render", handle, values, None)
        except HelmError:
            return False  # Helm counts a constraint that it cannot read as not met
    return bool(json.loads(text)["probe/templates/met"] == "true")


_PROBE = {
    "probe/Chart.yaml": b"apiVersion: v2\nname: probe\nversion: 0.0.0\n",
    "probe/templates/met": b"{{ semverCompare .Values.constraint .Values.version }}",
}


@cache
def _probe() -> bytes:
    return write_tar(_PROBE)


@contextmanager
def _loaded_archive(data: bytes) -> Iterator[Any]:
    buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
    handle = _native.HANDLE(_native.call_handle("helm_chart_load_archive", buffer, len(data)))
    try:
        yield handle
    finally:
        _native.call_status("helm_chart_free", handle)


def _opened(chart: str, exact: int | None) -> AbstractContextManager[Any]:
    return _loaded(chart) if exact is None else _loaded_archive(front_of_chart(exact) + Path(chart).read_bytes())


@contextmanager
def _loaded(chart: str) -> Iterator[Any]:
    handle = _native.HANDLE(_native.call_handle("helm_chart_load", chart))
    try:
        yield handle
    finally:
        _native.call_status("helm_chart_free", handle)


@contextmanager
def _cluster(kubeconfig: str, context: str) -> Iterator[Any]:
    options = json.dumps({"kubeconfig_path": kubeconfig, "kube_context": context})
    handle = _native.HANDLE(_native.call_handle("helm_config_new", options))
    try:
        yield handle
    finally:
        _native.call_status("helm_config_free", handle)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except HelmError as error:
        kind = _KINDS.get(type(error).__name__, FailureKind.RENDER)
        raise HelmRefusedError(kind, error.detail) from None
    except OSError as error:
        raise HelmRefusedError(FailureKind.CHART, str(error)) from None
