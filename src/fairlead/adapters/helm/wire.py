"""What the rendering worker is asked, what it answers, and how that travels: length-prefixed JSON over pipes.

The length comes first (4 bytes, big-endian), so that the asking side can refuse an answer before holding it.
"""

from __future__ import annotations

from typing import BinaryIO

import msgspec

from fairlead.adapters.helm.failures import FailureKind
from fairlead.domain.errors import Problem
from fairlead.domain.rendering import RenderedChart

HEADER_BYTES = 4


class Render(msgspec.Struct, frozen=True, tag=True):
    """Render a chart. `values` and `options` are JSON already; `kubeconfig` empty means offline.

    `exact` is how many API versions `options` names when the cluster serves no others.
    """

    chart: str
    values: msgspec.Raw
    options: msgspec.Raw
    kubeconfig: str = ""
    context: str = ""
    exact: int | None = None


class DefaultValues(msgspec.Struct, frozen=True, tag=True):
    """Return a chart's own values."""

    chart: str


class Rendered(msgspec.Struct, frozen=True, tag=True):
    """The chart, rendered."""

    chart: RenderedChart


class Values(msgspec.Struct, frozen=True, tag=True):
    """A chart's own values."""

    values: dict[str, object]


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Helm's refusal in its own words."""

    kind: FailureKind
    message: str


class Rejected(msgspec.Struct, frozen=True, tag=True):
    """Helm was content, but what it rendered is not."""

    problems: tuple[Problem, ...]


Question = Render | DefaultValues
Answer = Rendered | Values | Failed | Rejected

_questions: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def pack(message: Question | Answer) -> bytes:
    """Return a message with its length in front."""
    body = msgspec.json.encode(message)
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_size(header: bytes) -> int:
    """Return how many bytes follow the length."""
    return int.from_bytes(header, "big")


def read_question(stream: BinaryIO) -> Question | None:
    """Wait for the next question; None when the asking side has gone."""
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    return _questions.decode(stream.read(body_size(header)))


def read_answer(body: bytes) -> Answer:
    """Decode the body of an answer."""
    return _answers.decode(body)
