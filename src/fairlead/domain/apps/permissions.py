"""What an app may be and use in a namespace, as those say who may change the namespace itself.

| on the Namespace | means | without it |
| --- | --- | --- |
| label `pod-security.kubernetes.io/enforce` | the level of the Pod Security Standards | `restricted` |
| annotation `fairlead.dev/service-accounts` | accounts that pods may run as | `default` alone |
| annotation `fairlead.dev/secrets` | Secrets that pods may use | all of the namespace |

Lists are separated by commas; `*` stands for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fairlead.domain.apps.descriptor import Descriptor, JobGate
from fairlead.domain.apps.pod_security import Level, violations
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.errors import Problem
from fairlead.domain.manifests import JsonObject
from fairlead.domain.reading import ObjectBody, text

ENFORCED: Final = "pod-security.kubernetes.io/enforce"
ACCOUNTS: Final = "fairlead.dev/service-accounts"
SECRETS: Final = "fairlead.dev/secrets"
_ALL: Final = "*"
_DEFAULT_ACCOUNT: Final = "default"
_REFERENCE: Final = re.compile(r"^secret$|secret(key)?ref$|^imagepullsecrets$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamespaceRules:
    """What apps may do in a namespace. None allows every account, or every Secret."""

    level: Level = Level.RESTRICTED
    accounts: frozenset[str] | None = frozenset({_DEFAULT_ACCOUNT})
    secrets: frozenset[str] | None = None


def namespace_rules(namespace: ObjectBody) -> NamespaceRules:
    """Return what a Namespace object allows; a level that is none counts as not written."""
    level = text(namespace, "metadata", "labels", ENFORCED)
    return NamespaceRules(
        Level(level) if level in list(Level) else Level.RESTRICTED,
        _listed(namespace, ACCOUNTS, frozenset({_DEFAULT_ACCOUNT})),
        _listed(namespace, SECRETS, None),
    )


def _listed(namespace: ObjectBody, annotation: str, otherwise: frozenset[str] | None) -> frozenset[str] | None:
    written = text(namespace, "metadata", "annotations", annotation, default="\n")
    if written == "\n":
        return otherwise
    names = frozenset(name.strip() for name in written.split(",") if name.strip())
    return None if _ALL in names else names


def forbidden(descriptor: Descriptor, rules: NamespaceRules, given: Iterable[Variable]) -> tuple[Problem, ...]:
    """Return everything that an app is or uses, and may not, with the path in its descriptor.

    `given` are the variables that its containers get besides their own.
    """
    found: list[Problem] = []
    for path, pod_spec in _pods(descriptor):
        found += _security_problems(path, pod_spec, rules.level, descriptor.namespace)
        found += _pod_problems(path, pod_spec, rules)
    if rules.secrets is not None:
        for number, name in enumerate(descriptor.secrets):
            if name not in rules.secrets:
                found.append(_secret(f"secrets[{number}]", name))
        if descriptor.exposure.tls_secret not in (None, *rules.secrets):
            found.append(_secret("tlsSecretName", descriptor.exposure.tls_secret or ""))
    return (*found, *forbidden_variables(given, rules))


def forbidden_variables(given: Iterable[Variable], rules: NamespaceRules) -> tuple[Problem, ...]:
    """Return the variables whose values stand in Secrets that apps may not use; the path is `variables.` and a name."""
    allowed = rules.secrets
    if allowed is None:
        return ()
    return tuple(
        _secret(f"variables.{each.name}", each.value.secret)
        for each in given
        if isinstance(each.value, SecretKey) and each.value.secret not in allowed
    )


def _pods(descriptor: Descriptor) -> Iterator[tuple[str, JsonObject]]:
    yield "podspec", descriptor.main.pod_spec
    for number, component in enumerate(descriptor.components):
        yield f"components[{number}].podspec", component.pod_spec
    for key, gates in (("verify", descriptor.rules.verify), ("soak.gates", descriptor.rules.soak.gates)):
        for number, gate in enumerate(gates):
            if isinstance(gate, JobGate):
                yield f"{key}[{number}].job.podspec", gate.pod_spec


def _security_problems(path: str, pod_spec: JsonObject, level: Level, namespace: str) -> Iterator[Problem]:
    at_least = tuple(violations(pod_spec, Level.BASELINE))
    for each in violations(pod_spec, level):
        message = f"{each.message}, which the level {level.value} of the namespace forbids"
        enough = Level.PRIVILEGED if each in at_least else Level.BASELINE
        label = f"`kubectl label namespace {namespace} {ENFORCED}={enough.value} --overwrite`"
        remedy = f"{each.remedy}, or let the namespace allow it: {label}"
        yield Problem("podSecurity", message, path=f"{path}.{each.path}", remedy=remedy)


def _pod_problems(path: str, pod_spec: JsonObject, rules: NamespaceRules) -> Iterator[Problem]:
    for key in ("serviceAccountName", "serviceAccount"):
        account = text(pod_spec, key)
        if account and rules.accounts is not None and account not in rules.accounts:
            message = f"the account {account!r} is not one that apps of the namespace may have"
            remedy = f"remove it, or have it listed in the namespace's annotation {ACCOUNTS}"
            yield Problem("accountForbidden", message, path=f"{path}.{key}", remedy=remedy)
    if rules.secrets is not None:
        for name in sorted(set(_secrets_in(pod_spec)) - rules.secrets):
            yield _secret(path, name)


def _secrets_in(value: object, key: str = "") -> Iterator[str]:
    """Yield every Secret that a part of a pod names, however deep: drivers of volumes have fields of their own."""
    if isinstance(value, list):
        for item in value:
            yield from _secrets_in(item, key)
    elif isinstance(value, dict):
        names = value.get("secretName"), value.get("name") if _REFERENCE.search(key) else None
        yield from (name for name in names if isinstance(name, str) and name)
        for inner, below in value.items():
            yield from _secrets_in(below, inner)


def _secret(path: str, name: str) -> Problem:
    message = f"the Secret {name!r} is not one that apps of the namespace may use"
    remedy = f"remove it, or have it listed in the namespace's annotation {SECRETS}"
    return Problem("secretForbidden", message, path=path, remedy=remedy)
