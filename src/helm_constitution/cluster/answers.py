"""An API server's answers about a chart's objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.core.records import record
from helm_constitution.core.secret_texts import without_secrets

if TYPE_CHECKING:
    from helm_constitution.core.errors import ClusterError
    from helm_constitution.kubernetes.manifests import Manifest
    from helm_constitution.text.yaml_document import Path


class Refused(Exception):
    """The server answered with an error.

    Args:
        code: the HTTP status.
        status: the server's ``Status``, empty if it sent none.
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
    """One reason why the server rejects an object.

    ``field`` is the field as the server names it, empty if it names none, and ``path`` is its path in the object.
    ``message`` is the server's. ``is_of_key``: the field itself is wrong, whatever its value. ``is_typed``: the object
    doesn't match its kind's schema, so the server checked no further.
    """

    field: str
    path: Path
    message: str
    is_of_key: bool = False
    is_typed: bool = False


class Answer(NamedTuple):
    """The server's answer about one object.

    ``refusals`` are the reasons why it rejects the object, none if it accepts it; ``unchecked`` is the reason why it
    could not be asked. ``is_update``: the answer is about an update from the baseline's object.
    """

    refusals: tuple[Refusal, ...] = ()
    unchecked: str | None = None
    is_update: bool = False


class Deployment(NamedTuple):
    """The result of a test deployment: ``failures`` are the failed steps, each with helm's message; ``unchecked`` is
    the reason why steps were skipped."""

    failures: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


@record
class ClusterAnswers:
    """The server's answers about the objects of a chart.

    ``created`` has an answer for each object, ``updated`` one for each object that the baseline renders too, if
    requested; ``deployment`` is None if none was requested. ``gone`` is the reason why the server stopped answering;
    earlier answers are kept.
    """

    created: Mapping[Manifest, Answer] = field(default_factory=dict)
    updated: Mapping[Manifest, Answer] = field(default_factory=dict)
    deployment: Deployment | None = None
    gone: ClusterError | None = None

    def of(self, manifest: Manifest) -> Iterator[Answer]:
        """The server's answers about an object: about its creation, and about its update if requested."""
        for answers in (self.created, self.updated):
            if manifest in answers:
                yield answers[manifest]
        if self.gone is not None:
            yield Answer(unchecked="the cluster was gone before all objects were checked")
