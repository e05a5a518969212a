"""The Go modules that a sandbox is built from, as committed in the folder `modules`.

Each module pins what it needs by `go.mod` and `go.sum`; the Go tool refuses anything else. A built module lies in the
cache under a name that carries the digest of these files, so that a changed pin is a different build.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("modules")
_KUBERNETES = "k8s.io/kubernetes"


@dataclass(frozen=True, slots=True)
class GoModule:
    """A module: `programs` maps the name of each program to its Go package, `source` is the module it comes from.

    Its files lie in a folder of its name below `root`.
    """

    name: str
    source: str
    programs: Mapping[str, str]
    root: Path = _FOLDER

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return self.root / self.name

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that decide what is built, in order."""
        return tuple(sorted(path for path in self.folder.rglob("*") if path.name in {"go.mod", "go.sum", "main.go"}))

    @property
    def version(self) -> str:
        """The version of `source` that is pinned, without its "v"; "local" for our own programs."""
        return _required(self, self.source).removeprefix("v") if self.source else "local"

    @property
    def go(self) -> tuple[int, ...]:
        """The least version of Go that it needs."""
        found = re.search(r"^go (\S+)$", (self.folder / "go.mod").read_text(), re.MULTILINE)
        return version_numbers(found.group(1) if found else "1")

    @property
    def linker_flags(self) -> str:
        """No symbols, and what the program shall say about its version, which its own build script would link in."""
        stamps = {}
        if self.source == _KUBERNETES:
            major, minor, _ = self.version.split(".")
            stamps = {"gitVersion": f"v{self.version}", "gitMajor": major, "gitMinor": minor}
        return " ".join(
            ["-s", "-w", *(f"-X=k8s.io/component-base/version.{name}={value}" for name, value in stamps.items())]
        )

    def folder_name(self, platform: str) -> str:
        """The name of its folder in the cache; `platform` is what it is built for and with."""
        digest = hashlib.sha256(f"{platform} {self.linker_flags} {sorted(self.programs.items())}".encode())
        for path in self.files:
            digest.update(b"\0" + str(path.relative_to(self.folder)).encode() + b"\0" + path.read_bytes())
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"


KUBERNETES = GoModule(
    "kubernetes",
    _KUBERNETES,
    {
        name: f"{_KUBERNETES}/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-proxy",
            "kube-scheduler",
            "kubectl",
            "kubelet",
        )
    },
)
ETCD = GoModule("etcd", "go.etcd.io/etcd/server/v3", {"etcd": "go.etcd.io/etcd/server/v3"})
KWOK = GoModule(
    "kwok",
    "sigs.k8s.io/kwok",
    {"kwok": "sigs.k8s.io/kwok/cmd/kwok", "kwok-stages": "fairlead.dev/sandbox/kwok"},
)
REGISTRY = GoModule(
    "registry",
    "github.com/distribution/distribution/v3",
    {"registry": "fairlead.dev/sandbox/registry"},
)
COREDNS = GoModule("coredns", "github.com/coredns/coredns", {"coredns": "fairlead.dev/sandbox/coredns"})
HELM = GoModule("helm", "helm.sh/helm/v4", {"helm": "helm.sh/helm/v4/cmd/helm"})
KUSTOMIZE = GoModule(
    "kustomize", "sigs.k8s.io/kustomize/kustomize/v5", {"kustomize": "sigs.k8s.io/kustomize/kustomize/v5"}
)
PROGRAMS = GoModule(
    "programs", "", {name: f"fairlead.dev/sandbox/programs/{name}" for name in ("app", "node", "provisioner")}
)


def version_numbers(text: str) -> tuple[int, ...]:
    """The numbers of a version: "go1.26.8" gives (1, 26, 8)."""
    return tuple(int(number) for number in re.findall(r"\d+", text.partition("-")[0]))


def _required(module: GoModule, path: str) -> str:
    found = re.search(
        rf"^\s*(?:require )?{re.escape(path)} (v\S+)", (module.folder / "go.mod").read_text(), re.MULTILINE
    )
    if found is None:
        raise LookupError(f"{module.name}/go.mod does not require {path}")
    return found.group(1)
