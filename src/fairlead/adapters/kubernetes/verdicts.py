"""Kubernetes' `Status` objects, and which of our codes and remedies each kind of refusal gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """The `Status` object that Kubernetes answers with when it says no.

    `about` is the resource that it speaks of, `causes` are pairs of field and message.
    """

    code: int
    reason: str
    message: str
    about: str
    causes: tuple[tuple[str, str], ...]
    cause_reasons: frozenset[str]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Status:
        """Read a `Status` object."""
        details = value.get("details") or {}
        causes = details.get("causes") or []
        return cls(
            int(value.get("code") or 0),
            str(value.get("reason") or ""),
            str(value.get("message") or ""),
            str(details.get("kind") or ""),
            tuple((str(cause.get("field") or ""), str(cause.get("message") or "")) for cause in causes),
            frozenset(str(cause.get("reason") or "") for cause in causes),
        )

    @property
    def judges_object(self) -> bool:
        """Whether a status 500 is a judgement about what we sent: server-side apply reports type errors so."""
        return not self.reason and self.message.startswith(("failed to create typed", "failed to convert"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal means: a problem code, and what a person can do."""

    code: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    statuses: frozenset[int]
    applies: Callable[[Status], bool]
    verdict: Verdict


def verdict(code: int, status: Status) -> Verdict:
    """Return what a refusal with this HTTP status means."""
    for rule in _RULES:
        if (not rule.statuses or code in rule.statuses) and rule.applies(status):
            return rule.verdict
    return Verdict("apiRefused")


def _always(_: Status) -> bool:
    return True


def _says(*texts: str) -> Callable[[Status], bool]:
    return lambda status: any(text in status.message for text in texts)


def _because(reason: str) -> Callable[[Status], bool]:
    return lambda status: reason in status.cause_reasons


# How the validations of the API server and its CRDs say it: workloads, claims, StatefulSets, Services, Pods, role
# bindings, StorageClasses, PriorityClasses.
_IMMUTABLE = (
    "immutable",
    "updates to ",
    "may not change once set",
    "may not be changed",
    "may not change fields",
    "cannot change roleRef",
)


def _immutable(status: Status) -> bool:
    return any(words in text for _, text in status.causes for words in _IMMUTABLE)


def _rule(statuses: tuple[int, ...], applies: Callable[[Status], bool], code: str, remedy: str | None = None) -> _Rule:
    return _Rule(frozenset(statuses), applies, Verdict(code, remedy))


def _unfitting_patch(status: Status) -> bool:
    return not status.about and "rejected our request due to an error in our request" in status.message


_READ_AGAIN = "read the object again, then decide anew"
_POLICY = "change the object as the cluster's policy demands"
# The first that fits decides.
_RULES = (
    _rule((401,), _always, "unauthorized", "get new credentials, for example with `fairlead init`"),
    _rule((), _says("admission webhook", "ValidatingAdmissionPolicy"), "admissionDenied", _POLICY),
    _rule((403,), _because("NamespaceTerminating"), "namespaceTerminating", "wait until the namespace is gone"),
    _rule((403,), _says("exceeded quota"), "quotaExceeded", "raise the namespace's quota, or ask for less"),
    _rule((403,), _says(" cannot "), "forbidden", "ask for a role that grants this verb on this resource"),
    _rule((403,), _always, "admissionDenied", _POLICY),
    _rule((404,), lambda status: status.about == "namespaces", "namespaceMissing", "create the namespace first"),
    _rule((404,), _always, "notFound"),
    _rule(
        (409,),
        _because("FieldManagerConflict"),
        "fieldConflict",
        "agree on one owner of the field, or apply with force",
    ),
    _rule((409,), lambda status: status.reason == "AlreadyExists", "alreadyExists"),
    _rule((409,), _always, "conflict", _READ_AGAIN),
    _rule((410,), _always, "expired"),
    _rule((413,), _always, "objectTooLarge", "split the object: etcd takes about 1.5 MB, the API server 3 MB"),
    # What a JSON Patch expects does not hold: the server names neither the object nor a field then.
    _rule((422,), _unfitting_patch, "conflict", _READ_AGAIN),
    _rule((422,), _immutable, "fieldImmutable", "delete it and make it anew: add --recreate"),
    _rule((400, 422, 500), _always, "objectInvalid", "correct the named fields"),
)
