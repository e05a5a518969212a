"""An API server in memory, under the same contract as the real adapter (tests/contracts/test_cluster.py).

Real enough for the engine: server-side apply with ownership, conflicts, dry run and preconditions; generations and
resource versions; namespaces and kinds that must exist; watches; deletion. Nothing happens by itself: tests play the
controllers with `edit` and `set_status`, and the bad days with `fail`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ObjectRef, object_ref
from fairlead.domain.json_patch import PatchFailed, apply_json_patch
from fairlead.domain.rendering import Capabilities, Lookup
from fairlead.ports.cluster import ApiKind, Listing, LiveObject, WatchEvent, WatchType
from tests.fakes.calls import WRITES, Call, Fault, is_bookkeeping
from tests.fakes.catalogue import KINDS, WITHOUT_GENERATION
from tests.fakes.copying import copied
from tests.fakes.selectors import matches_fields, matches_labels
from tests.fakes.ssa import Managers, applied, check_preconditions, edited, fold_string_data, refused

_ALL = frozenset({"create", "delete", "get", "list", "patch", "watch"})


@dataclass(slots=True)
class FakeCluster:
    """The fake. `defaulting` plays the server's defaulting on every object that is about to be stored."""

    version: str = "v1.36.3"
    defaulting: Callable[[LiveObject], None] = lambda obj: None
    calls: list[Call] = field(default_factory=list)
    pod_logs: dict[tuple[str, str, str, bool], str] = field(default_factory=dict)
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    closed: bool = False
    _kinds: dict[tuple[str, str], ApiKind] = field(default_factory=dict)
    _objects: dict[tuple[str, str, str, str], LiveObject] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _log: list[tuple[int, WatchType, LiveObject]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _version: int = 0
    _oldest: int = 0

    def __post_init__(self) -> None:
        for api_version, kind, plural, namespaced in KINDS:
            self.serve(ApiKind(api_version, kind, plural, namespaced, _ALL))
        for name in ("default", "kube-system"):
            self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, manager="kube-apiserver")

    # What tests do to it

    def serve(self, kind: ApiKind) -> None:
        """Serve one more kind."""
        self._kinds[kind.api_version, kind.kind] = kind

    def put(self, obj: Mapping[str, Any], *, manager: str = "kubectl-create") -> LiveObject:
        """Store an object as somebody else would: an Update entry of `manager` owns what it says."""
        ref, new = object_ref(obj), copied(dict(obj))
        return self._store(self._find(ref), new, edited(self._find(ref) or {}, new, manager))

    def edit(self, ref: ObjectRef, change: Callable[[LiveObject], None], *, manager: str = "kubectl-edit") -> None:
        """Change an object as somebody else would, taking the ownership of what changes."""
        old = self._objects[ref.identity]
        new = copied(old)
        change(new)
        stored = self._store(old, new, edited(old, new, manager))
        if stored["metadata"].get("deletionTimestamp") and not stored["metadata"].get("finalizers"):
            self.remove(ref)

    def set_status(self, ref: ObjectRef, status: Mapping[str, Any]) -> None:
        """Play the controller: replace the status. `observedGeneration` is filled in unless given."""
        old = self._objects[ref.identity]
        known = {"observedGeneration": old["metadata"]["generation"]} if "generation" in old["metadata"] else {}
        self._store(
            old,
            {**copied(old), "status": {**known, **copied(dict(status))}},
            old["metadata"].get("managedFields", []),
        )

    def remove(self, ref: ObjectRef) -> None:
        """Take an object away, and with a namespace everything in it."""
        gone = self._objects.pop(ref.identity)
        self._version += 1
        self._emit(WatchType.DELETED, {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self._version)}})
        if ref.kind == "Namespace":
            for obj in [obj for obj in self._objects.values() if obj["metadata"].get("namespace") == ref.name]:
                self.remove(object_ref(obj))

    def fail(
        self,
        error: FairleadError,
        *,
        verb: str,
        kind: str | None = None,
        name: str | None = None,
        times: int = 1,
        skip: int = 0,
    ) -> None:
        """Let the next `times` matching calls fail, after `skip` that succeed. Failed calls change nothing."""
        self._faults.append(Fault(error, verb, kind, name, times, skip))

    def compact(self) -> None:
        """Forget the past: every watch ends with EXPIRED, only a new list helps."""
        self._version += 1
        self._oldest = self._version
        self._wake()

    @property
    def writes(self) -> list[Call]:
        """The calls that changed something or meant to, without our own bookkeeping."""
        return [call for call in self._written if not is_bookkeeping(call)]

    @property
    def bookkeeping(self) -> list[Call]:
        """The calls that wrote states, records and Leases, or meant to."""
        return [call for call in self._written if is_bookkeeping(call)]

    @property
    def objects(self) -> list[LiveObject]:
        """Everything that is stored."""
        return [copied(obj) for obj in self._objects.values()]

    @property
    def past(self) -> list[tuple[int, WatchType, LiveObject]]:
        """Every change of every object, with the resource version that it made; not to be changed."""
        return self._log

    @property
    def _written(self) -> list[Call]:
        return [call for call in self.calls if call.verb in WRITES and not call.dry_run]

    # The port

    async def uid(self) -> str:
        self._call("uid", "Namespace")
        return str(self._objects[ObjectRef("v1", "Namespace", "", "kube-system").identity]["metadata"]["uid"])

    async def capabilities(self) -> Capabilities:
        self._call("capabilities", "")
        served = {api for api, _ in self._kinds} | {f"{api}/{kind}" for api, kind in self._kinds}
        return Capabilities(self.version, tuple(sorted(served)), complete=True)

    async def kinds(self, *, fresh: bool = False) -> tuple[ApiKind, ...]:
        self._call("kinds", "")
        return tuple(sorted(self._kinds.values()))

    async def get(self, ref: ObjectRef) -> LiveObject | None:
        self._call("get", ref.kind, ref)
        return copied(self._find(ref))

    async def list(
        self,
        kind: ApiKind,
        namespace: str | None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        fresh: bool = True,
    ) -> Listing:
        self._call("list", kind.kind, fields=field_selector, fresh=fresh)
        self._served(kind.api_version, kind.kind)
        found = [
            copied(obj)
            for identity, obj in sorted(self._objects.items())
            if identity[:2] == kind.group_kind
            and namespace in (None, identity[2])
            and matches_labels(obj, label_selector)
            and matches_fields(obj, field_selector)
        ]
        return Listing(tuple(found), str(self._version))

    async def list_metadata(
        self, kind: ApiKind, namespace: str | None, *, label_selector: str = "", fresh: bool = True
    ) -> Listing:
        listing = await self.list(kind, namespace, label_selector=label_selector, fresh=fresh)
        only = ({name: obj[name] for name in ("apiVersion", "kind", "metadata")} for obj in listing.items)
        return Listing(tuple(only), listing.resource_version)

    async def apply(
        self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False, force: bool = True
    ) -> LiveObject:
        ref = object_ref(manifest)
        self._call("apply", ref.kind, ref, dry_run=dry_run, manager=manager)
        live = self._place(ref)
        check_preconditions(manifest, live)
        new, managers = applied(live or {}, manifest, manager, force=force)
        return copied(self._store(live, new, managers, dry_run=dry_run))

    async def create(self, manifest: Mapping[str, Any], *, manager: str) -> LiveObject:
        metadata = manifest["metadata"]
        if not metadata.get("name") and metadata.get("generateName"):
            given = f"{metadata['generateName']}{len(self.calls):05}"
            manifest = {**manifest, "metadata": {**metadata, "name": given}}
        ref = object_ref(manifest)
        self._call("create", ref.kind, ref, manager=manager)
        if self._place(ref) is not None:
            raise refused(409, "alreadyExists", "AlreadyExists", f"{ref} already exists")
        return copied(self.put(manifest, manager=manager))

    async def replace(self, manifest: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> LiveObject:
        ref = object_ref(manifest)
        self._call("replace", ref.kind, ref, dry_run=dry_run, manager=manager)
        live = self._place(ref)
        if live is None:
            raise refused(404, "notFound", "NotFound", f"{ref} not found")
        check_preconditions(manifest, live)
        new = copied(dict(manifest))
        given = new["metadata"].get("managedFields") or live["metadata"]["managedFields"]
        owned = {**live, "metadata": {**live["metadata"], "managedFields": given}}
        return copied(self._store(live, new, edited(owned, new, manager), dry_run=dry_run))

    async def patch(self, ref: ObjectRef, operations: Sequence[Mapping[str, Any]], *, manager: str) -> LiveObject:
        self._call("patch", ref.kind, ref, manager=manager)
        live = self._place(ref)
        if live is None:
            raise refused(404, "notFound", "NotFound", f"{ref} not found")
        try:
            new = apply_json_patch(copied(live), operations)
        except PatchFailed as error:
            raise refused(422, "conflict", "Invalid", error.reason) from None
        return copied(self._store(live, new, edited(live, new, manager)))

    async def delete(self, ref: ObjectRef, *, uid: str, resource_version: str | None = None) -> bool:
        self._call("delete", ref.kind, ref)
        live = self._find(ref)
        if live is None:
            return False
        meta = live["metadata"]
        if meta["uid"] != uid or resource_version not in (None, meta["resourceVersion"]):
            raise refused(409, "conflict", "Conflict", f"{ref}: the precondition does not hold")
        if meta.get("finalizers"):
            self.edit(ref, _being_deleted, manager="kube-apiserver")
        else:
            self.remove(ref)
        return True

    async def watch(
        self, kind: ApiKind, namespace: str | None, *, resource_version: str, field_selector: str = ""
    ) -> AsyncIterator[WatchEvent]:
        self._call("watch", kind.kind)
        seen, position = int(resource_version), 0
        while seen >= self._oldest:
            changed = self._changed
            while position < len(self._log):
                version, what, obj = self._log[position]
                position += 1
                if version > seen and _in_scope(obj, kind, namespace) and matches_fields(obj, field_selector):
                    yield WatchEvent(what, copied(obj))
            seen = max(seen, self._version)
            await changed.wait()
        yield WatchEvent(WatchType.EXPIRED, {})

    async def logs(self, pod: ObjectRef, *, container: str, previous: bool, tail: int) -> str:
        self._call("logs", "Pod", pod)
        text = self.pod_logs.get((pod.namespace, pod.name, container, previous), "")
        return "".join(text.splitlines(keepends=True)[-tail:])

    async def openapi(self, api_version: str) -> Mapping[str, Any] | None:
        self._call("openapi", "")
        return self.documents.get(api_version)

    async def lookup(self) -> Lookup:
        return Lookup("/nowhere/kubeconfig", "fake")

    async def close(self) -> None:
        self.closed = True

    # Inside

    def _call(self, verb: str, kind: str, ref: ObjectRef | None = None, **more: Any) -> None:
        call = Call(verb, kind, ref, **more)
        self.calls.append(call)
        struck = next((fault for fault in self._faults if fault.strikes(call)), None)
        if struck is not None:
            raise struck.error

    def _served(self, api_version: str, kind: str) -> ApiKind:
        found = self._kinds.get((api_version, kind))
        if found is None:
            raise refused(404, "kindNotServed", "NotFound", f"the cluster serves no {kind} of {api_version}")
        return found

    def _place(self, ref: ObjectRef) -> LiveObject | None:
        """Return what stands where an object is about to be written; its kind and namespace must be there."""
        kind = self._served(ref.api_version, ref.kind)
        if kind.namespaced and ObjectRef("v1", "Namespace", "", ref.namespace).identity not in self._objects:
            raise refused(404, "namespaceMissing", "NotFound", f'namespaces "{ref.namespace}" not found')
        return self._find(ref)

    def _find(self, ref: ObjectRef) -> LiveObject | None:
        return self._objects.get(ref.identity)

    def _store(
        self, old: LiveObject | None, new: LiveObject, managers: Managers, *, dry_run: bool = False
    ) -> LiveObject:
        ref = object_ref(new)
        meta = new.setdefault("metadata", {})
        for name in ("uid", "creationTimestamp", "generation", "resourceVersion"):
            meta.pop(name, None)
            if old and name in old["metadata"]:
                meta[name] = old["metadata"][name]
        fold_string_data(new)
        self.defaulting(new)
        meta["managedFields"] = managers
        if old is not None and old == new:
            return old
        spec_changed = old is None or _body(old) != _body(new)
        if spec_changed and ref.kind not in WITHOUT_GENERATION:
            meta["generation"] = meta.get("generation", 0) + 1
        number = self._version + 1
        meta.setdefault("uid", f"00000000-0000-4000-8000-{number:012d}")
        meta.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        if dry_run:
            return new
        self._version = number
        meta["resourceVersion"] = str(number)
        self._objects[ref.identity] = new
        self._emit(WatchType.ADDED if old is None else WatchType.MODIFIED, new)
        self._establish(new)
        return new

    def _establish(self, obj: LiveObject) -> None:
        if obj["kind"] == "CustomResourceDefinition":
            spec, names = obj["spec"], obj["spec"]["names"]
            for version in spec["versions"]:
                api_version = f"{spec['group']}/{version['name']}"
                self.serve(ApiKind(api_version, names["kind"], names["plural"], spec["scope"] == "Namespaced", _ALL))

    def _emit(self, what: WatchType, obj: LiveObject) -> None:
        self._log.append((self._version, what, copied(obj)))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _being_deleted(obj: LiveObject) -> None:
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"


def _in_scope(obj: LiveObject, kind: ApiKind, namespace: str | None) -> bool:
    ref = object_ref(obj)
    group = kind.api_version.rpartition("/")[0]
    return ref.group_kind == (group, kind.kind) and namespace in (None, ref.namespace)


def _body(obj: LiveObject) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key not in {"metadata", "status"}}
