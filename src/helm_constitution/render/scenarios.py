"""The named ways in which a chart is rendered, and what became of each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from helm_constitution.helm.protocol import (
    RenderRequest,
    SetArgument,
)
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.text.yaml_document import View

DEFAULTS = "defaults"
"""The scenario of the default values; as a choice of scenarios, that one alone."""


QUICK = "quick"
"""The choice of the scenarios that a chart and its team name."""

FULL = "full"
"""The choice of all scenarios."""


@dataclass(frozen=True)
class ScenarioKind:
    """Where a scenario comes from, and how what comes of it is treated.

    Attributes:
        name: what it is called in the code; kinds are equal by all of their fields.
        failure_is_error: whether the chart could not be checked where such a scenario fails to render.
        counts_as_evidence: whether its objects are counted in the evidence of principles.
        is_checked_alone: whether only single objects of it are checked, not how they fit together.
        checks_repeats: whether its objects are checked although an earlier scenario renders the same documents.
        is_trial: whether nobody asks why it fails.
        is_for_baseline: whether the baseline is rendered with its values too.
    """

    name: str
    failure_is_error: bool = True
    counts_as_evidence: bool = True
    is_checked_alone: bool = False
    checks_repeats: bool = True
    is_trial: bool = False
    is_for_baseline: bool = True

    DEFAULTS: ClassVar[ScenarioKind]
    FILE: ClassVar[ScenarioKind]
    CONFIGURED: ClassVar[ScenarioKind]
    INPUTS: ClassVar[ScenarioKind]
    TOGGLED: ClassVar[ScenarioKind]
    FILLED: ClassVar[ScenarioKind]
    KUBERNETES: ClassVar[ScenarioKind]
    UPGRADE: ClassVar[ScenarioKind]
    NAMED: ClassVar[ScenarioKind]


ScenarioKind.DEFAULTS = ScenarioKind("defaults")
# ci/*-values.yaml and platforms/*.yaml; a baseline has files of its own.
ScenarioKind.FILE = ScenarioKind("file", is_for_baseline=False)
ScenarioKind.CONFIGURED = ScenarioKind("configured", is_for_baseline=False)
# Another scenario with its required inputs filled.
ScenarioKind.INPUTS = ScenarioKind("inputs")
# A flag or an enum set otherwise.
ScenarioKind.TOGGLED = ScenarioKind("toggled", failure_is_error=False, counts_as_evidence=False, checks_repeats=False)
# Values that are empty by default filled with placeholders: how objects fit together then, the placeholders decide.
ScenarioKind.FILLED = ScenarioKind(
    "filled",
    failure_is_error=False,
    counts_as_evidence=False,
    is_checked_alone=True,
    checks_repeats=False,
    is_trial=True,
    is_for_baseline=False,
)
ScenarioKind.KUBERNETES = ScenarioKind("kubernetes", checks_repeats=False)
ScenarioKind.UPGRADE = ScenarioKind("upgrade", checks_repeats=False)
# A release or namespace of a name that templates ask for, with the objects that only this name has.
ScenarioKind.NAMED = ScenarioKind(
    "named",
    failure_is_error=False,
    counts_as_evidence=False,
    is_checked_alone=True,
    checks_repeats=False,
    is_for_baseline=False,
)


class SetValue(NamedTuple):
    """A value that a scenario sets otherwise than by default, to see what comes of it."""

    path: tuple[str, ...]
    """The path in the values, ``("ingress", "enabled")``."""
    value: Json
    """The value set."""


class Scenario(NamedTuple):
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``, ``ingress.enabled=true``.

    ``toggled`` is the value that makes a scenario of kind TOGGLED, ``filled`` are those that make one of kind FILLED.
    Of one that ``only_renders`` no object is checked.
    """

    name: str
    """Its name, as reports show it."""
    request: RenderRequest
    """The options that helm is given."""
    kind: ScenarioKind = ScenarioKind.FILE
    """Where it comes from."""
    toggled: SetValue | None = None
    filled: tuple[SetValue, ...] = ()
    only_renders: bool = False

    @property
    def is_users(self) -> bool:
        """Whether it is one that users name, and not made to see what comes of a value."""
        return self.toggled is None and not self.filled


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
    """The path in the values."""
    placeholder: Json
    """The value that rendering went on with."""
    message: str
    """The chart's own words that ask for it."""
    scenario: str = DEFAULTS
