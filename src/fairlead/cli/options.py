"""The options that commands share, as typed groups. A command takes a whole group as one parameter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SELECTION, ACCESS, GENERAL = "Selection", "Cluster access", "General"

OfCluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="CLUSTER", help="All environments of this cluster", rich_help_panel=SELECTION),
]
Everything = Annotated[bool, typer.Option("--all", help="All environments", rich_help_panel=SELECTION)]


class Format(StrEnum):
    """How results are written to standard output."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Common:
    """What every command understands."""

    output: Annotated[
        Format,
        typer.Option(
            "--output",
            metavar="text|json",
            show_default=False,
            help="Text for people [default], or one JSON document",
            rich_help_panel=GENERAL,
        ),
    ] = Format.TEXT
    verbose: Annotated[
        int,
        typer.Option("-v", "--verbose", count=True, show_default=False, help="Say more", rich_help_panel=GENERAL),
    ] = 0
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours", rich_help_panel=GENERAL)] = False


@dataclass(frozen=True, slots=True)
class AccessOptions:
    """A kubeconfig and context that override what the declared provider says, for CI."""

    kubeconfig: Annotated[
        Path | None,
        typer.Option(
            "--kubeconfig", metavar="FILE", help="Use this kubeconfig, not the provider's", rich_help_panel=ACCESS
        ),
    ] = None
    context: Annotated[
        str | None,
        typer.Option("--context", metavar="NAME", help="Use this context, not the provider's", rich_help_panel=ACCESS),
    ] = None


@dataclass(frozen=True, slots=True)
class Declared:
    """Where the declared state is, and how to reach its clusters. `environments_file` None: as the settings say."""

    access: AccessOptions
    environments_file: Annotated[
        Path | None,
        typer.Option(
            "-f",
            "--environments-file",
            metavar="FILE",
            help="The declared state [default: $FAIRLEAD_ENVIRONMENTS, $KUBECD_ENVIRONMENTS, environments.yaml]",
            rich_help_panel=GENERAL,
        ),
    ] = None
    root: Annotated[
        Path | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="The repository; no declared path leads out of it [default: where .git is]",
            rich_help_panel=GENERAL,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Targets:
    """Which environments: one by name, those of a cluster, or all. Two of these at once are an error."""

    environment: Annotated[
        str | None, typer.Argument(metavar="ENV", help="An environment", rich_help_panel=SELECTION)
    ] = None
    cluster: OfCluster = None
    everything: Everything = False


@dataclass(frozen=True, slots=True)
class Releases:
    """Which releases of the chosen environments: by name, by label, or all."""

    names: Annotated[
        list[str] | None,
        typer.Option(
            "-r",
            "--release",
            metavar="RELEASE",
            help="Only this release; may be repeated or comma-separated",
            rich_help_panel=SELECTION,
        ),
    ] = None
    selector: Annotated[
        str | None,
        typer.Option(
            "-l",
            "--selector",
            metavar="LABELS",
            help="Only releases with these labels, such as tier=web,team!=infra",
            rich_help_panel=SELECTION,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Where:
    """Everything that says on what a command works, and how to get there."""

    targets: Targets
    releases: Releases
    declared: Declared


@dataclass(frozen=True, slots=True)
class Execution:
    """How to carry out a plan. Times that are None are as declared, or the default."""

    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="Also when the plan deletes, recreates or takes over objects")
    ] = False
    dry_run: Annotated[bool, typer.Option("-n", "--dry-run", help="Stop after the plan")] = False
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait until it is healthy; an app is only asked to roll out")
    ] = False
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout", metavar="TIME", help="How long to wait for health, or until an app is live, such as 90s"
        ),
    ] = None
    lock_timeout: Annotated[
        str | None,
        typer.Option(
            "--lock-timeout", metavar="TIME", help="How long to wait for another run of the release [default: 60s]"
        ),
    ] = None
    allow_deletes: Annotated[
        bool,
        typer.Option("--allow-deletes", help="Also delete much, or namespaces, definitions and volumes"),
    ] = False


@dataclass(frozen=True, slots=True)
class Force:
    """What a plan may do to objects beyond changing its own."""

    recreate: Annotated[bool, typer.Option("--recreate", help="Delete and make anew what cannot change otherwise")] = (
        False
    )
    take_ownership: Annotated[
        bool, typer.Option("--take-ownership", help="Also change objects that belong to someone else")
    ] = False
    prune_releases: Annotated[
        bool, typer.Option("--prune-releases", help="Also remove releases that are in no file any more")
    ] = False


EnvironmentName = Annotated[str, typer.Argument(metavar="ENV", help="An environment", rich_help_panel=SELECTION)]
ReleaseName = Annotated[str, typer.Argument(metavar="RELEASE", help="A release of it", rich_help_panel=SELECTION)]
