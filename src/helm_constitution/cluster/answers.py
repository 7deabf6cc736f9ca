"""What an API server said of a chart's objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, NamedTuple

from helm_constitution.core.confidential import without_secrets
from helm_constitution.core.records import record

if TYPE_CHECKING:
    from helm_constitution.core.errors import ClusterError
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.text.yaml_document import Path


class Refused(Exception):
    """The server answered with an error.

    Args:
        code: the HTTP status.
        status: the server's ``Status``, empty where it sent none.
    """

    def __init__(self, code: int, status: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code = code
        self.status = status

    @property
    def message(self) -> str:
        """The server's message, in one line and without credentials."""
        text = str(self.status.get("message") or self.status.get("reason") or f"HTTP status {self.code}")
        return without_secrets(" ".join(text.split()))


class Refusal(NamedTuple):
    """One reason why the server refuses an object.

    ``field`` is the field as the server names it, empty where it names none, and ``path`` leads to it from the object's
    top. ``message`` is the server's. ``is_of_key``: the field itself is wrong, whatever its value.
    ``is_typed``: the object doesn't fit its kind's schema, so that the server looked no further.
    """

    field: str
    path: Path
    message: str
    is_of_key: bool = False
    is_typed: bool = False


class Answer(NamedTuple):
    """What the server said of one object.

    ``refusals`` are the reasons why it refuses it, none where it accepts it; ``unchecked`` says why it could not be
    asked. ``is_update``: of an update from what the baseline renders.
    """

    refusals: tuple[Refusal, ...] = ()
    unchecked: str | None = None
    is_update: bool = False


class Deployment(NamedTuple):
    """How a test deployment went: ``failures`` names each step that failed, with helm's words; ``unchecked`` says why
    steps were left out."""

    failures: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


@record
class ClusterAnswers:
    """What the server said of the objects of a chart.

    ``created`` holds an answer for each object, ``updated`` one for each object that the baseline renders too, where
    that was asked for; ``deployment`` is None where none was asked for. ``gone`` is why the server could not be asked
    to the end; the answers up to then are there.
    """

    created: Mapping[Manifest, Answer] = field(default_factory=dict)
    updated: Mapping[Manifest, Answer] = field(default_factory=dict)
    deployment: Deployment | None = None
    gone: ClusterError | None = None

    def of(self, manifest: Manifest) -> Iterator[Answer]:
        """What the server said of an object: of a new one, and of its update where that was asked for."""
        for answers in (self.created, self.updated):
            if manifest in answers:
                yield answers[manifest]
        if self.gone is not None:
            yield Answer(unchecked="the cluster was gone before all objects were checked")
