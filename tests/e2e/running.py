"""A running sandbox, as tests see it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from fairlead.domain.access import Access
from fairlead.domain.kubeconfig import KubeconfigDocument, Trust, merge
from fairlead.domain.kubecontext import access, find_context
from fairlead.doors.process import Finished, Program, run
from fairlead.sandbox.status import SandboxStatus
from fairlead.settings import Settings


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """Where the clusters are, and the programs to look at them with.

    Pods and Services answer from this machine by their addresses, when nodes are real.
    """

    status: SandboxStatus
    settings: Settings
    helm: Path
    kustomize: Path

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with all contexts."""
        return self.status.kubeconfig

    @property
    def contexts(self) -> tuple[str, ...]:
        """One context per cluster."""
        return tuple(cluster.name for cluster in self.status.state.clusters)

    @property
    def registry(self) -> str:
        """HOST:PORT of the registry, the same here and on the nodes; `app:1.0`, `app:1.1`, `app:2.0` are in it."""
        return self.status.state.registry

    @property
    def kubectl(self) -> Path:
        """The real kubectl."""
        return Path(self.status.state.programs["kubectl"])

    @property
    def env(self) -> dict[str, str]:
        """An environment for programs that shall use the sandbox and nothing of the user's."""
        home = self.kubeconfig.parent / "home"
        home.mkdir(exist_ok=True)
        path = f"{self.kubectl.parent}:{self.helm.parent}:{self.kustomize.parent}:{self.settings.search_path}"
        return {"HOME": str(home), "KUBECONFIG": str(self.kubeconfig), "PATH": path}

    def access(self, namespace: str = "default") -> Access:
        """How the first cluster is reached."""
        document = KubeconfigDocument(str(self.kubeconfig), orjson.loads(self.kubeconfig.read_bytes()))
        context = find_context(merge([document]), self.contexts[0])
        return access(context, namespace=namespace, trust=Trust.OPERATOR, files={})

    async def ask(self, *arguments: str, context: str | None = None, stdin: str = "", timeout: float = 60) -> str:  # noqa: ASYNC109 - the door's
        """Run kubectl and return what it says; `context` is the first one by default."""
        argv = (str(self.kubectl), "--context", context or self.contexts[0], *arguments)
        done: Finished = await run(Program(argv, env=self.env, stdin=stdin.encode(), timeout=timeout))
        return done.stdout.decode()

    async def established(self, definition: str) -> None:
        """Wait until a CustomResourceDefinition is served. By its path: `condition=` fails while there are none yet."""
        told = "{.status.conditions[?(@.type=='Established')].status}"
        await self.ask("wait", f"--for=jsonpath={told}=True", f"crd/{definition}", "--timeout=30s")


@contextmanager
def shared_use(lock: Path) -> Iterator[None]:
    """Count as a user of what several test processes share, for the length of a block."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def last_use(lock: Path) -> Iterator[bool]:
    """Whether nobody uses it any more; and if so, keep others out for the length of a block."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
