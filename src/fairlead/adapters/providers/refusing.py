"""What is said when a cluster cannot be reached as declared."""

from __future__ import annotations

from fairlead.adapters.providers.sources import Source
from fairlead.domain.config import Cluster
from fairlead.domain.errors import Problem
from fairlead.domain.kubeconfig import Kubeconfig
from fairlead.domain.pinning import PinnedContext, read_pin


def no_file(source: Source, cluster: Cluster) -> Problem:
    """Return the problem that the kubeconfig somebody named does not exist."""
    return Problem(
        code="kubeconfigMissing",
        message=f"cluster {cluster.name!r}: there is no kubeconfig {source.files[0]}",
        file=cluster.place.file,
        line=cluster.place.line,
        column=cluster.place.column,
        path=cluster.place.path or None,
        remedy="correct the path, or create the file",
    )


def no_entries(source: Source, cluster: Cluster) -> Problem:
    """Return the problem that the provider left no credentials where it should."""
    files = ", ".join(str(file) for file in source.files)
    wanted = f" {source.reach.entries[0]!r}" if source.reach.entries else ""
    return Problem(
        code="credentialsMissing",
        message=f"cluster {cluster.name!r}: its entry{wanted} is not in {files}",
        remedy=source.reach.hint or "run `fairlead init` without --contexts-only",
    )


def not_initialized(name: str, environment: str, source: Source) -> Problem:
    """Return the problem that an environment is reached without a context of its own, so there is none to use."""
    return Problem(
        code="contextMissing",
        message=f"the context {name} is not in {source.home}",
        remedy=f"run `fairlead init {environment}`; a kubeconfig inside the repository is left as it is",
    )


def taken(config: Kubeconfig, wanted: PinnedContext) -> Problem:
    """Return the problem that a context of the wanted name belongs to something else."""
    entry = config.contexts[wanted.name]
    pin = read_pin(entry)
    owner = f"repository {pin.repository} made it for cluster {pin.cluster!r}" if pin else "fairlead did not make it"
    return Problem(
        code="contextTaken",
        message=f"the context {wanted.name} leads elsewhere than declared here: {owner}",
        file=entry.file,
        path=entry.path,
        remedy=f"rename the environment, use another KUBECONFIG, or `kubectl config delete-context {wanted.name}`",
    )
