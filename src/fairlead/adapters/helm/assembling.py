"""From the text that Helm's engine produced to objects. Both adapters end here, so both give the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fairlead.domain.chart_output import (
    NOTES,
    Document,
    as_manifest,
    sort_out,
    split_documents,
    template_documents,
)
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.manifests import Manifest
from fairlead.domain.rendering import RenderedChart
from fairlead.doors.yaml import read_manifests


def assemble(templates: Mapping[str, str], crds: Iterable[tuple[str, str]], *, notes_of: str) -> RenderedChart:
    """Return the objects of a rendered chart.

    Args:
        templates: the text of each template by its path.
        crds: path and text of each file of `crds/`, in Helm's order.
        notes_of: the name of the chart whose notes count; those of sub-charts do not.

    Raises:
        OperationFailed: `chartRenderFailed`, naming the template whose output is no Kubernetes object.
    """
    manifests, hooks = sort_out(_objects(template_documents(templates)))
    definitions = _objects(document for path, text in crds for document in split_documents(path, text))
    notes = templates.get(f"{notes_of}/templates/{NOTES}", "")
    return RenderedChart(manifests, hooks, tuple(definitions), notes)


def _objects(documents: Iterable[Document]) -> Iterator[Manifest]:
    for document in documents:
        for value, line in _read(document):
            manifest = as_manifest(value, replace(document, line=document.line + line - 1))
            if manifest is not None:
                yield manifest


def _read(document: Document) -> tuple[tuple[object, int], ...]:
    try:
        return read_manifests(document.text.encode(errors="replace"), document.source, duplicates=True)
    except InputError as error:
        # A line of the output is not a line of the template: it goes into the words, not into the place.
        problem = error.problems[0]
        where = f" in line {document.line + problem.line - 1} of its output" if problem.line else ""
        raise OperationFailed(
            Problem(
                code="chartRenderFailed",
                message=f"{document.source} renders to something that cannot be read{where}: {problem.message}",
                file=document.source,
                remedy="look at the template, or at the values that reach it",
            )
        ) from None
