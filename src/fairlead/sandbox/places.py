"""Where the files of a sandbox lie: all below one folder, which `down` removes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fairlead.settings import Settings


@dataclass(frozen=True, slots=True)
class ClusterPlaces:
    """The files of one cluster."""

    root: Path

    @property
    def pki(self) -> Path:
        """Certificates and keys, as files NAME.crt and NAME.key."""
        return self.root / "pki"

    @property
    def etcd(self) -> Path:
        """The data of etcd: all that a reset forgets."""
        return self.root / "etcd"

    @property
    def var(self) -> Path:
        """The folder that a real node sees as its /var."""
        return self.root / "node"

    @property
    def volumes(self) -> Path:
        """Directories of PersistentVolumes; the node sees them as /var/lib/volumes."""
        return self.var / "lib" / "volumes"

    def config(self, name: str) -> Path:
        """A configuration file of the control plane."""
        return self.root / "config" / name

    def certificate(self, name: str) -> Path:
        """The certificate called `name`."""
        return self.pki / f"{name}.crt"

    def key(self, name: str) -> Path:
        """The key that belongs to the certificate called `name`."""
        return self.pki / f"{name}.key"


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one sandbox."""

    root: Path

    @classmethod
    def of(cls, name: str, settings: Settings) -> Places:
        """The places of the sandbox called `name`."""
        return cls(all_sandboxes(settings) / name)

    @property
    def state(self) -> Path:
        """The sandbox's state as JSON."""
        return self.root / "sandbox.json"

    @property
    def processes(self) -> Path:
        """What the supervisor shall run, as JSON."""
        return self.root / "processes.json"

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig with a context for every cluster."""
        return self.root / "kubeconfig"

    @property
    def registry(self) -> Path:
        """What the registry stores."""
        return self.root / "registry"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """What the supervisor says about each process."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """The lock that whoever changes the sandbox holds; it lies beside the folder, which comes and goes."""
        return self.root.with_name(f".{self.root.name}.lock")

    @property
    def tag(self) -> str:
        """Six characters that tell this sandbox from any other on the machine: for links and control groups."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:6]

    def cluster(self, index: int) -> ClusterPlaces:
        """The places of cluster number `index`."""
        return ClusterPlaces(self.root / "clusters" / str(index))

    def log(self, process: str) -> Path:
        """The log file of a process."""
        return self.logs / f"{process}.log"


def all_sandboxes(settings: Settings) -> Path:
    """The folder that holds a folder for every sandbox of this user."""
    return (settings.data / "sandbox").absolute()
