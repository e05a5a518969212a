"""`fairlead list`: what is declared."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from fairlead.cli.command import build
from fairlead.cli.options import Common, Declared, Releases, Targets
from fairlead.cli.run import Operation, Run
from fairlead.cli.selecting import chosen_environments, filtered
from fairlead.cli.text.declared import cluster_lines, environment_lines, release_lines
from fairlead.cli.wire.declared import clusters_document, environments_document, releases_document


class Subject(StrEnum):
    """What to list."""

    CLUSTERS = "clusters"
    ENVIRONMENTS = "environments"
    RELEASES = "releases"


def list_(
    subject: Annotated[Subject, typer.Argument(metavar="WHAT", help="clusters, environments or releases")],
    targets: Targets,
    releases: Releases,
    declared: Declared,
    common: Common,
) -> Operation:
    """List what is declared."""
    return Operation(common, partial(_list, subject, targets, releases, declared))


async def _list(subject: Subject, targets: Targets, releases: Releases, declared: Declared, run: Run) -> int:
    async with run.application(declared) as application:
        environments = chosen_environments(application, targets, everything=True)
    match subject:
        case Subject.CLUSTERS:
            used = {environment.cluster for environment in environments}
            narrowed = targets.environment is not None or targets.cluster is not None
            clusters = [one for one in application.declaration.clusters if one.name in used or not narrowed]
            run.output.show(clusters_document(clusters), cluster_lines)
        case Subject.ENVIRONMENTS:
            run.output.show(environments_document(environments), environment_lines)
        case Subject.RELEASES:
            run.output.show(releases_document(filtered(environments, releases)), release_lines)
    return 0


app = build(list_)
