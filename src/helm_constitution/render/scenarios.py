"""The named ways in which a chart is rendered, and what became of each."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from helm_constitution.chart.schema import ValuesPath
from helm_constitution.core.records import NamedTuple
from helm_constitution.helm.protocol import (
    RenderRequest,
    SetArgument,
)
from helm_constitution.text.yaml_document import View
from helm_constitution.text.yaml_scalars import Json

DEFAULTS = "defaults"
"""The scenario of the default values; as a choice of scenarios, that one alone."""


FULL = "full"
"""The choice of all scenarios."""


class ScenarioKind(enum.StrEnum):
    """Where a scenario comes from."""

    DEFAULTS = "defaults"
    FILE = "file"  # ci/*-values.yaml, platforms/*.yaml
    CONFIGURED = "configured"
    INPUTS = "inputs"  # another scenario with its required inputs filled
    SWITCHED = "switched"  # a flag or an enum set otherwise
    FILLED = "filled"  # values that are empty by default given placeholders
    KUBERNETES = "kubernetes"
    UPGRADE = "upgrade"


class SetValue(NamedTuple):
    """A value that a scenario sets otherwise than by default, to see what comes of it."""

    path: tuple[str, ...]
    value: Json


class Scenario(NamedTuple):
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``, ``ingress.enabled=true``.

    ``switched`` is the value that makes a scenario of kind SWITCHED, ``filled`` are those that make one of kind FILLED.
    """

    name: str
    request: RenderRequest
    kind: ScenarioKind = ScenarioKind.FILE
    switched: SetValue | None = None
    filled: tuple[SetValue, ...] = ()

    @property
    def is_users(self) -> bool:
        """Whether it is one that users name, and not made to see what comes of a value."""
        return self.switched is None and not self.filled


class ScenarioSetting(NamedTuple):
    """A scenario as the configuration sets it; what is None or empty is as for the other scenarios."""

    name: str
    values_files: tuple[Path, ...] = ()
    set_arguments: tuple[SetArgument, ...] = ()
    release_name: str | None = None
    namespace: str | None = None
    is_upgrade: bool = False
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()

    def request(self, base: RenderRequest) -> RenderRequest:
        """How to render it: the values of ``base`` come on top of its own; of all else its own comes first."""
        return base._replace(
            values_files=(*self.values_files, *base.values_files),
            set_arguments=(*self.set_arguments, *base.set_arguments),
            release_name=self.release_name or base.release_name,
            namespace=self.namespace or base.namespace,
            is_upgrade=self.is_upgrade or base.is_upgrade,
            kube_version=self.kube_version or base.kube_version,
            api_versions=tuple(dict.fromkeys((*self.api_versions, *base.api_versions))),
        )


def plan(folder: Path, request: RenderRequest, which: str, settings: Iterable[ScenarioSetting] = ()) -> list[Scenario]:
    """The scenarios of a chart that are known before anything is rendered, ``defaults`` first.

    Args:
        folder: the chart's folder.
        request: what the user asked for on the command line; its values come last, on top of every scenario.
        which: ``defaults`` for that one alone, else also each ``ci/*-values.yaml`` and ``platforms/*.yaml``, and the
            configuration's.
        settings: the configuration's scenarios.
    """
    scenarios = [Scenario(DEFAULTS, request, ScenarioKind.DEFAULTS)]
    if which == DEFAULTS:
        return scenarios
    # From the folder, not from the loaded chart: charts leave ci/ out of the package by .helmignore.
    for directory, endings in (("ci", ("-values.yaml", "-values.yml")), ("platforms", (".yaml", ".yml"))):
        place = folder / directory
        names = sorted(os.listdir(place)) if place.is_dir() else []
        for name in names:
            if name.endswith(endings):
                values = (place / name, *request.values_files)
                scenarios.append(Scenario(f"{directory}/{name}", request._replace(values_files=values)))
    scenarios.extend(Scenario(one.name, one.request(request), ScenarioKind.CONFIGURED) for one in settings)
    return scenarios


def set_json(path: Iterable[str], value: Json) -> SetArgument:
    """The option that sets one value; what the user gives by ``--set`` still comes on top of it."""
    import json

    keys = ".".join(re.sub(r"([.,=\[\]\\])", r"\\\1", step) for step in path)
    return SetArgument("--set-json", f"{keys}={json.dumps(value)}")


_TELLING = 7
"""Letters of a field's name that a flag may name: hostPID, hostPort, privileged; not image or name."""


def names_field(path: Sequence[str], field: View) -> bool:
    """Whether a value is called as a rendered field is: to set it is to ask for the field."""
    name = next((step.lower() for step in reversed(field.path) if isinstance(step, str)), "")
    return len(name) >= _TELLING and any(name in step.lower() for step in path)


class Input(NamedTuple):
    """A value that a user must give: its path, the placeholder that the chart took for it, the words that ask.

    ``scenario`` is the one in which the chart asked first.
    """

    path: ValuesPath
    placeholder: Json
    message: str
    scenario: str = DEFAULTS
