"""What became of rendering a chart."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field

from helm_constitution.core.records import record
from helm_constitution.helm.protocol import HelmMessage, RenderedText
from helm_constitution.kubernetes.manifests import Rendering
from helm_constitution.render.scenarios import Scenario
from helm_constitution.text.yaml_document import YamlDocument


class Status(enum.StrEnum):
    """How a scenario went."""

    RENDERED = "rendered"
    NEEDS_INPUT = "needs-input"
    FAILED = "failed"
    NOT_RUN = "not-run"


@record
class ScenarioResult:
    """How a scenario went. ``rendering`` is there where objects can be judged; ``errors`` are helm's messages.

    A rendering with documents that aren't YAML has both: the other documents, and one error for each bad one, which
    stands in ``broken`` by its error, as text. ``documents`` are helm's, as text; a scenario that renders to those of
    an earlier one may have no rendering of its own: its objects are judged there.
    """

    scenario: Scenario
    status: Status
    message: str | None
    rendering: Rendering | None
    errors: tuple[HelmMessage, ...] = ()
    broken: Mapping[HelmMessage, YamlDocument] = field(default_factory=dict)
    documents: tuple[RenderedText, ...] = ()
