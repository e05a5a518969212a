"""Which kubeconfig context reaches a declared cluster, and when to refuse the one that is there."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.access import Access
from fairlead.domain.errors import InputError, Problem, Refused
from fairlead.domain.kubeconfig import Kubeconfig
from fairlead.domain.kubecontext import Context, find_context
from fairlead.domain.pinning import Pin, context_name, read_pin

GITLAB_ENTRY = "gitlab-deploy"


@dataclass(frozen=True, slots=True)
class Reach:
    """How one provider's cluster is found in kubeconfigs.

    `programs` get its credentials, in order (argument lists). `entries` are the names of cluster and user that these
    leave behind. `contexts` are the provider's own, usable without `init`, best first (None: the file's current one).
    `path` is a kubeconfig file of its own. `hint` says what to do when there is no such context.
    """

    programs: tuple[tuple[str, ...], ...] = ()
    entries: tuple[str, str] | None = None
    contexts: tuple[str | None, ...] = ()
    path: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The context to use, and what `init` wrote down about it, if it did."""

    context: Context
    pin: Pin | None


def choose(config: Kubeconfig, reach: Reach, *, environment: str, repository: str) -> Choice:
    """Choose the environment's context: the one that `init` made, else the provider's own.

    A context that another repository made counts only where there is no other way, and then only because it names
    the same entries and carries a fingerprint to check.

    Raises:
        Refused: `contextMismatch`: our own context no longer leads where the declaration says.
        InputError: `contextMissing`: there is no context yet.
    """
    name = context_name(environment)
    entry = config.contexts.get(name)
    pin = read_pin(entry) if entry else None
    own = own_context(config, reach)
    if entry is not None and pin is not None and (pin.repository == repository or own is None):
        context = find_context(config, name)
        ours = pin.repository == repository
        entries = (context.cluster.name, context.user.name if context.user else "")
        expected = entries_of(reach, own)
        if entries == expected or (ours and entries == (GITLAB_ENTRY, GITLAB_ENTRY)):
            return Choice(context, pin)
        if ours and expected is not None:
            raise Refused(
                _elsewhere(name, environment, pin=pin, what=f"uses the cluster entry {context.cluster.name!r}")
            )
    if own is not None:
        return Choice(own, None)
    raise InputError(_missing(config, reach, environment, made_by_others=entry is not None))


def own_context(config: Kubeconfig, reach: Reach) -> Context | None:
    """Return the provider's own context, None when it is not there.

    Raises:
        InputError: `kubeconfigInvalid` when it is there and leads nowhere.
    """
    for name in reach.contexts:
        wanted = config.current_context if name is None else name
        if wanted in config.contexts:
            return find_context(config, wanted)
    return None


def target(config: Kubeconfig, reach: Reach) -> Context | None:
    """Return where `init` leads an environment's context: the provider's entries, whatever context names them.

    None when they are not there. The context's name is that of the cluster entry.
    """
    own = own_context(config, reach)
    names = entries_of(reach, own)
    if names is None:
        return None
    cluster, user = config.clusters.get(names[0]), config.users.get(names[1])
    if cluster is None or (user is None and names[1]):
        return None
    return Context(own.name if own else cluster.name, own.entry if own else cluster, cluster, user)


def entries_of(reach: Reach, own: Context | None) -> tuple[str, str] | None:
    """Return the names of cluster and user that a provider's context must have; None when they are not known yet."""
    if reach.entries is not None or own is None:
        return reach.entries
    return own.cluster.name, own.user.name if own.user else ""


def check_fingerprint(access: Access, choice: Choice, environment: str) -> None:
    """Make sure that a context leads to the cluster that it led to at `init`.

    Raises:
        Refused: `contextMismatch`: the entry behind the name was changed since.
    """
    pin = choice.pin
    if pin is not None and access.fingerprint != pin.fingerprint:
        raise Refused(_elsewhere(access.context, environment, pin=pin, what=f"leads to {access.server}"))


def missing(reach: Reach, message: str, environment: str) -> Problem:
    """Return the problem that there is no way to the cluster yet."""
    return Problem(code="contextMissing", message=message, remedy=reach.hint or f"run `fairlead init {environment}`")


def _missing(config: Kubeconfig, reach: Reach, environment: str, *, made_by_others: bool) -> Problem:
    files = ", ".join(config.files) or "there is no kubeconfig file"
    if reach.contexts:
        names = " or ".join("a current context" if name is None else f"the context {name!r}" for name in reach.contexts)
        where = f"{names} is not in {files}" if config.files else f"{files}, expected one with {names}"
        return missing(reach, where, environment)
    name = context_name(environment)
    found = "was not made by `fairlead init` for this cluster" if made_by_others else "does not exist"
    return missing(reach, f"the context {name} {found} ({files})", environment)


def _elsewhere(context: str, environment: str, *, pin: Pin, what: str) -> Problem:
    return Problem(
        code="contextMismatch",
        message=f"the context {context} was made for cluster {pin.cluster!r} and now {what}, which is another one",
        remedy=f"if that is meant, run `fairlead init {environment}`; else restore the kubeconfig",
    )
