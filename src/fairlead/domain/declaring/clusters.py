"""From what was found about clusters and Helm repositories to the model."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.domain.config import Cluster, EnvRef, HelmRepo, Place
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.interpolation import BadInterpolation, interpolate
from fairlead.domain.providers import Aks, DockerForDesktop, ExistingContext, Gke, KubeconfigFile, Minikube, Provider


@dataclass(frozen=True, slots=True)
class Machine:
    """What declared files may refer to outside the repository: the variables, and where the repository lies."""

    environ: Mapping[str, str]
    root: str

    def absolute(self, declaring_file: str, path: str) -> str:
        """Return a path that names the operator's machine: `~/` is the home directory, else relative to the file."""
        if path.startswith("~/") and self.environ.get("HOME"):
            path = posixpath.join(self.environ["HOME"], path[2:])
        return posixpath.normpath(posixpath.join(self.root, posixpath.dirname(declaring_file), path))


@dataclass(frozen=True, slots=True)
class ClusterReader:
    """Reads clusters and Helm repositories."""

    findings: Findings
    machine: Machine

    def cluster(self, found: FoundRecord) -> Cluster | None:
        """Return a declared cluster, or None when its name or provider is missing."""
        name = found.text("name")
        provider = self.provider(found.record("provider"))
        if name is None or provider is None:
            return None
        return Cluster(name, provider, self._parameters(found), found.place)

    def provider(self, found: FoundRecord | None) -> Provider | None:  # noqa: PLR0911 - one return per provider
        """Return the one provider that is named."""
        if found is None or not found.sound:
            return None
        (kind,) = (key for key, value in found.fields.items() if isinstance(value, FoundRecord))
        body = found.record(kind)
        if body is None or not body.sound:
            return None
        match kind:
            case "gke":
                return Gke(_text(body, "project"), _text(body, "clusterName"), body.text("zone"), body.text("region"))
            case "aks":
                return Aks(_text(body, "resourceGroup"), _text(body, "clusterName"))
            case "existingContext":
                return ExistingContext(_text(body, "contextName"))
            case "kubeconfig":
                path = self.machine.absolute(body.place.file, _text(body, "path"))
                return KubeconfigFile(path, body.text("context"))
            case "minikube":
                return Minikube()
            case _:
                return DockerForDesktop()

    def helm_repo(self, found: FoundRecord) -> HelmRepo | None:
        """Return a declared Helm repository."""
        name, url, password = found.text("name"), found.text("url"), found.record("passwordFrom")
        files = {key: self._tls_file(found, key) for key in ("caFile", "certFile", "keyFile")}
        username = found.text("username")
        if (username is None) != ("passwordFrom" not in found.fields):
            self.findings.error(
                found.place,
                "incompleteCredentials",
                "found only one of username and passwordFrom",
                "write both, as in `username: ci` and `passwordFrom: {env: HELM_PASSWORD}`",
            )
        if name is None or url is None:
            return None
        return HelmRepo(
            name=name,
            url=url,
            place=found.place,
            ca_file=files["caFile"],
            cert_file=files["certFile"],
            key_file=files["keyFile"],
            username=username,
            password_from=EnvRef(_text(password, "env")) if password is not None else None,
        )

    def _parameters(self, found: FoundRecord) -> dict[str, str]:
        parameters: dict[str, str] = {}
        for item in found.records("parameters"):
            name = item.text("name")
            if name is not None and name in parameters:
                message = f"the parameter {name!r} is declared a second time"
                self.findings.error(item.at("name"), "duplicateName", message, "keep one of them")
            parameters[name or ""] = item.text("value") or ""
        return parameters

    def _tls_file(self, found: FoundRecord, key: str) -> str | None:
        text = found.text(key)
        if text is None:
            return None
        try:
            return self.machine.absolute(found.place.file, interpolate(text, self.machine.environ))
        except BadInterpolation as error:
            remedy = "write $VAR, ${VAR} or ${VAR:-default}, and $$ for a dollar sign"
            self.findings.error(found.at(key), "invalidInterpolation", f"found {text!r}: {error}", remedy)
            return None


def cluster_of_environment(provider: Provider, place: Place) -> Cluster:
    """Return the cluster of an environment that names its provider itself, as the original design document does.

    Environments with the same provider get the same cluster: its name is made of what identifies it.
    """
    return Cluster(_name(provider), provider, {}, place)


def _name(provider: Provider) -> str:
    match provider:
        case Gke():
            return f"gke_{provider.project}_{provider.zone or provider.region}_{provider.cluster_name}"
        case Aks():
            return f"aks_{provider.resource_group}_{provider.cluster_name}"
        case Minikube():
            return "minikube"
        case DockerForDesktop():
            return "docker-for-desktop"
        case ExistingContext():
            return provider.context_name
        case KubeconfigFile():
            name = posixpath.basename(provider.path)
            return f"{name}_{provider.context}" if provider.context else name


def _text(found: FoundRecord, key: str) -> str:
    """Return a required text of a sound record."""
    return found.text(key) or ""
