"""From what was found under `verify` and `soak` to the gates a version has to pass."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.domain.apps.descriptor import Gate, HttpGate, JobGate, WebhookGate
from fairlead.domain.declaring.apps.pods import NO_POD, read_pod
from fairlead.domain.declaring.apps.spans import read_span
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord

SECONDS = 60.0
JOB_SECONDS = 300.0


def read_gates(found: Iterable[FoundRecord], findings: Findings) -> tuple[Gate, ...]:
    """Return the gates; those that are none of the three kinds were noted and are left out."""
    gates = (_gate(item, findings) for item in found)
    return tuple(gate for gate in gates if gate is not None)


def _gate(item: FoundRecord, findings: Findings) -> Gate | None:
    name = item.text("name") or ""
    default = JOB_SECONDS if item.record("job") is not None else SECONDS
    timeout = read_span(item, "timeout", findings, default=default, at_least=1.0)
    if (http := item.record("http")) is not None:
        return HttpGate(name, (http.text("path") or "").removeprefix("/"), http.whole("port"), timeout)
    if (job := item.record("job")) is not None:
        written = job.record("podspec")
        pod_spec = None if written is None else read_pod(written, findings, restart="Never")
        return JobGate(name, NO_POD if pod_spec is None else pod_spec, timeout)
    if (webhook := item.record("webhook")) is not None:
        return WebhookGate(name, webhook.text("url") or "", timeout)
    return None
