"""Turns what kubelet, scheduler and runtimes say into short clauses that stay the same from look to look.

Their messages carry pod names, addresses, identifiers and nested prefixes. Those would make the same trouble of
three pods read as three troubles, and change the text while nothing changes.
"""

from __future__ import annotations

import re

from fairlead.domain.reading import ObjectBody, one_line, text, whole

SIGNALS = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE"} | {
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    15: "SIGTERM",
}

# Answers of a registry or runtime that the same question will get again.
_CERTAIN = re.compile(
    r"not found|manifest unknown|does not exist|unauthorized|authorization failed|denied|forbidden"
    r"|no match for platform|no matching manifest|invalid reference|unsupported|exec format error",
    re.IGNORECASE,
)
_PULL_LAYERS = re.compile(
    r"""^(?: Back-off\ pulling\ image\ "[^"]*" | Failed\ to\ pull\ image\ "[^"]*" | ErrImagePull | ImagePullBackOff
      | rpc\ error:\ code\ =\ \w+\ desc\ = | failed\ to\ pull\ and\ unpack\ image\ "[^"]*"
      | failed\ to\ resolve\ (?:reference|image)\ "[^"]*" | failed\ to\ copy | failed\ to\ do\ request
      | (?:Head|Get)\ "[^"]*" )\s*:?\s*""",
    re.VERBOSE,
)
_POD_IN_REFUSAL = re.compile(
    r'^(?:Error creating: |[Cc]reate Pod \S+ in \w+ \S+ failed error: )?pods? "[^"]*" is (forbidden|invalid): '
)
_RUNTIME_LAYERS = re.compile(
    r"^(?:failed to (?:create containerd task|create shim task|start container \S+)|OCI runtime create failed"
    r"|runc create failed|unable to start container process): "
)
_PREEMPTION = re.compile(r"\s*(?:no new claims to deallocate, )?preemption: .*$")
_RPC_LAYER = re.compile(r"rpc error: code = \w+ desc = ")
_IDENTIFIER = re.compile(r"\b[0-9a-f]{12,64}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def plain(message: str, *, address: str = "") -> str:
    """Return a message in one line, without identifiers and without the pod's own address."""
    said = one_line(message)
    if address:
        said = said.replace(address, "POD-IP")
    return _IDENTIFIER.sub("ID", _RPC_LAYER.sub("", said)).rstrip(". ")


def pull_failure(message: str, image: str) -> str:
    """Return why an image could not be pulled, without the layers of programs that passed it on."""
    said = one_line(message)
    while (match := _PULL_LAYERS.match(said)) and match.end():
        said = said[match.end() :]
    return plain(said.removeprefix(f"{image}: "))


def is_certain(message: str) -> bool:
    """Return whether a pull failed with an answer that waiting will not change."""
    return _CERTAIN.search(message) is not None


def refusal(message: str) -> str:
    """Return why pods may not be created, without the random name of the pod that was tried."""
    return plain(_POD_IN_REFUSAL.sub("", one_line(message)))


def start_failure(message: str) -> str:
    """Return why a container could not be started, without the layers of runtimes that passed it on."""
    said = plain(message)
    while match := _RUNTIME_LAYERS.match(said):
        said = said[match.end() :]
    return said.removesuffix(": unknown")


def scheduling_failure(message: str) -> str:
    """Return what no node offers, without what the scheduler adds about preemption."""
    return plain(_PREEMPTION.sub("", one_line(message)))


def ending(terminated: ObjectBody) -> str:
    """Return how a container ended: exit code, signal, and what the runtime adds."""
    code = whole(terminated, "exitCode")
    signal = whole(terminated, "signal") or (code - 128 if 128 < code <= 128 + 64 else 0)
    reason, message = text(terminated, "reason"), plain(text(terminated, "message"))
    if reason == "OOMKilled":
        return f"was killed for using more memory than its limit (exit code {code})"
    named = f" ({SIGNALS.get(signal, f'signal {signal}')})" if signal else ""
    said = f": {message}" if message and reason not in {"Completed", ""} else ""
    return f"ended with exit code {code}{named}{said}"
