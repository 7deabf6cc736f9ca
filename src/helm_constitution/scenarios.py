"""The named ways in which a chart is rendered."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from helm_constitution.helm.protocol import HelmMessage, RenderRequest
from helm_constitution.manifests import Rendering

DEFAULTS = "defaults"


class Status(enum.StrEnum):
    """How a scenario went."""

    RENDERED = "rendered"
    NEEDS_INPUT = "needs-input"
    FAILED = "failed"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``."""

    name: str
    request: RenderRequest


@dataclass(frozen=True, eq=False)
class ScenarioResult:
    """How a scenario went. ``rendering`` is there where objects can be judged; ``errors`` are helm's messages.

    ``broken`` are rendered texts that are not YAML: (source, message with the rendered line).
    """

    scenario: Scenario
    status: Status
    message: str | None
    rendering: Rendering | None
    errors: tuple[HelmMessage, ...] = ()
