"""Engines that tell what they were asked for."""

from __future__ import annotations

from pathlib import Path

from helm_constitution.helm.embedded import EmbeddedEngine
from helm_constitution.helm.protocol import Limits, Pending, RenderOutput, RenderRequest


class CountingEngine(EmbeddedEngine):
    """Counts the renders that it is asked for."""

    def __init__(self) -> None:
        super().__init__(Limits())
        self.renders = 0

    def render(self, chart: Path, request: RenderRequest) -> Pending[RenderOutput]:
        self.renders += 1
        return super().render(chart, request)
