"""Makes a chart see exactly the API versions that its cluster serves.

Without a cluster of its own, Helm's engine puts the versions that were current when Helm was built before those that
it is told, and has no option against that. A chart that asks for `extensions/v1beta1` would get it on any cluster.
So one more template runs before all of the chart's: Helm runs the deepest path first (`sortTemplates` in
`pkg/engine/engine.go`). It replaces `.Capabilities` in the contexts of the chart and of its sub-charts, which all their
templates share, so that it does not matter in which way a chart comes to what it asks.

What replaces it is a mapping, not Helm's structure, which differs in this: a field that does not exist is empty instead
of an error, and Kubernetes' version as a whole has another form. Where it is printed that is put right afterwards; what
takes Helm's form of it apart (`printf "%s" .Capabilities.KubeVersion`) does not work.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fairlead.domain.chart_files import text_asks_versions
from fairlead.domain.rendering import ChartRequest
from fairlead.doors.archives import tar_front

# An archive holds 32 folders in each other at most, and packages in packages 8 times.
PATH = f"templates/{'first/' * 320}capabilities"

_TEMPLATE = """\
{{- define "fairlead: capabilities" }}
{{- $version := dict "Version" .Capabilities.KubeVersion.Version "String" .Capabilities.KubeVersion.String
  "GitVersion" .Capabilities.KubeVersion.GitVersion
  "Major" .Capabilities.KubeVersion.Major "Minor" .Capabilities.KubeVersion.Minor }}
{{- $served := slice .Capabilities.APIVersions (sub (len .Capabilities.APIVersions) COUNT) }}
{{- $_ := set . "Capabilities"
  (dict "KubeVersion" $version "APIVersions" $served "HelmVersion" .Capabilities.HelmVersion) }}
{{- range .Subcharts }}{{ template "fairlead: capabilities" . }}{{ end }}
{{- end }}{{ template "fairlead: capabilities" . -}}
"""

_PRINTED = re.compile(r"map\[GitVersion:(\S+) Major:\d+ Minor:\d+ String:(\S+) Version:\1\]")


def exact_count(request: ChartRequest, values: bytes) -> int | None:
    """Return how many API versions the chart must see no others than; None when it need not be made to.

    A chart that does not ask gets Helm's own structure. `values` are the request's as JSON.
    """
    asks = request.chart.asks_versions or text_asks_versions(values)
    return len(request.capabilities.api_versions) if request.capabilities.complete and asks else None


def first_template(count: int) -> bytes:
    """Return the template for `PATH`. `count` is how many versions Helm is told, which it puts last."""
    return _TEMPLATE.replace("COUNT", str(count)).encode()


@lru_cache(maxsize=8)  # every chart for the same cluster has the same
def front_of_chart(count: int) -> bytes:
    """Return what makes a packaged chart hold the template, put before its bytes."""
    return tar_front(f"chart/{PATH}", first_template(count))


def put_right(templates: dict[str, str]) -> dict[str, str]:
    """Return the output as if the template had not been there."""
    return {
        path: _PRINTED.sub(r"\2", text) if "map[GitVersion:" in text else text
        for path, text in templates.items()
        if not path.endswith(PATH)
    }
