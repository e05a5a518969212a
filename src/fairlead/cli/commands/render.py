"""`fairlead render`: the manifests as they would be applied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Format, Where
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_targets
from fairlead.cli.wire.encoding import to_json
from fairlead.cli.wire.rendered import rendered_document
from fairlead.domain.rendering import Capabilities, RenderedRelease
from fairlead.doors.yaml import dump_stream


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What to render for, and what to show."""

    kube_version: Annotated[
        str | None,
        typer.Option("--kube-version", metavar="VERSION", help="Render for this Kubernetes version, without a cluster"),
    ] = None
    api_versions: Annotated[
        list[str] | None,
        typer.Option(
            "--api-versions", metavar="API", help="Say that the cluster has this API; may be repeated, comma-separated"
        ),
    ] = None
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print values from secretRef and env in clear")
    ] = False


def render(where: Where, options: RenderOptions, common: Common) -> Operation:
    """Print the manifests."""
    return Operation(common, partial(_render, where, options))


async def _render(where: Where, options: RenderOptions, run: Run) -> int:
    progress = run.progress()
    async with run.application(where.declared, sink=progress) as application:
        chosen = chosen_targets(application, where)
        with progress.shown():
            releases = await application.render(
                chosen, offline=_capabilities(options), show_secrets=options.show_secrets
            )
    streams = run.surroundings.streams
    if run.output.format is Format.JSON:
        streams.write(to_json(rendered_document(releases)))
    else:
        streams.write("".join(_stream(release) for release in releases))
    return 0


def _capabilities(options: RenderOptions) -> Capabilities | None:
    if options.kube_version is None:
        return None
    apis = tuple(api for text in options.api_versions or () for api in text.split(",") if api)
    return Capabilities("v" + options.kube_version.removeprefix("v"), apis)


def _stream(release: RenderedRelease) -> str:
    """Return the objects of a release as YAML, each with the file it came from; hooks stand last, as they are told."""
    manifests = [*release.crds, *release.manifests, *(hook.manifest for hook in release.hooks)]
    documents = (
        dump_stream([manifest.data]).replace("---\n", f"---\n# {release.key}: {_line(manifest.source)}\n", 1)
        for manifest in manifests
    )
    return "".join(documents)


def _line(text: str) -> str:
    """Return a text that cannot end the comment it stands in."""
    return "".join(character if character.isprintable() else "?" for character in text)


app = build(render)
