"""The named ways in which a chart is rendered."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from helm_constitution.core.model import DEFAULTS
from helm_constitution.core.named_tuples import NamedTuple
from helm_constitution.helm.protocol import (
    RenderRequest,
    SetArgument,
)
from helm_constitution.text.yaml_scalars import Json, ValuesPath

if TYPE_CHECKING:
    from helm_constitution.text.yaml_document import View

QUICK = "quick"
"""The choice of the scenarios that a chart and its team name."""

FULL = "full"
"""The choice of all scenarios."""

WORD = "placeholder"
"""What stands in every text that is made up for a value."""


@dataclass(frozen=True)
class ScenarioKind:
    """Where a scenario comes from, and how its results are treated.

    Attributes:
        name: its name in the code; kinds are equal if all of their fields are.
        failure_is_error: whether the chart could not be checked if such a scenario fails to render.
        counts_as_evidence: whether its objects are counted in the evidence of principles.
        is_checked_alone: whether only single objects of it are checked, not how they fit together.
        checks_repeats: whether its objects are checked although an earlier scenario renders the same documents.
        is_trial: whether the reason of a failure doesn't matter.
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
# A flag or an enum toggled.
ScenarioKind.TOGGLED = ScenarioKind("toggled", failure_is_error=False, counts_as_evidence=False, checks_repeats=False)
# Values that are empty by default, filled with placeholders, which decide how objects fit together.
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
# A release or namespace with a name that templates compare with, and the objects that only this name has.
ScenarioKind.NAMED = ScenarioKind(
    "named",
    failure_is_error=False,
    counts_as_evidence=False,
    is_checked_alone=True,
    checks_repeats=False,
    is_for_baseline=False,
)


class SetValue(NamedTuple):
    """A value that a scenario toggles or fills."""

    path: tuple[str, ...]
    """The path in the values, ``("ingress", "enabled")``."""
    value: Json
    """The value set."""


class Scenario(NamedTuple):
    """A named way to render: ``defaults``, ``ci/x-values.yaml``, ``platforms/aws.yaml``, ``ingress.enabled=true``.

    ``toggled`` is the value that makes a scenario of kind TOGGLED, ``filled`` are those that make one of kind FILLED.
    With ``only_renders`` none of its objects are checked.
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
        """Whether it is one that users name, and not one that toggles or fills a value."""
        return self.toggled is None and not self.filled


class ScenarioSetting(NamedTuple):
    """A scenario of the configuration; fields that are None or empty have the same values as in the other scenarios."""

    name: str
    values_files: tuple[Path, ...] = ()
    set_arguments: tuple[SetArgument, ...] = ()
    release_name: str | None = None
    namespace: str | None = None
    is_upgrade: bool = False
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()

    def request(self, base: RenderRequest) -> RenderRequest:
        """How to render it: the values of ``base`` override its own; all of its other options take precedence."""
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
        request: the options of the command line; its values override those of every scenario.
        which: ``defaults`` for that one alone, else also each ``ci/*-values.yaml`` and ``platforms/*.yaml``, and the
            configuration's.
        settings: the configuration's scenarios.
    """
    scenarios = [Scenario(DEFAULTS, request, ScenarioKind.DEFAULTS)]
    if which == DEFAULTS:
        return scenarios
    # From the folder, not from the loaded chart: charts exclude ci/ from the package in .helmignore.
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
    """The option that sets one value; the user's ``--set`` still overrides it."""
    import json

    keys = ".".join(re.sub(r"([.,=\[\]\\])", r"\\\1", step) for step in path)
    return SetArgument("--set-json", f"{keys}={json.dumps(value)}")


_TELLING = 7
"""The fewest letters of a field name that identifies a flag: hostPID, hostPort, privileged; not image or name."""


def names_field(path: Sequence[str], field: View) -> bool:
    """Whether a value has the name of a rendered field: setting it requests the field."""
    name = next((step.lower() for step in reversed(field.path) if isinstance(step, str)), "")
    return len(name) >= _TELLING and any(name in step.lower() for step in path)


class Input(NamedTuple):
    """A value that a user must set: its path, the placeholder that the chart accepted, the message that requires it.

    ``scenario`` is the first one that required it.
    """

    path: ValuesPath
    """The path in the values."""
    placeholder: Json
    """The value with which rendering continued."""
    message: str
    """The chart's own message that requires it."""
    scenario: str = DEFAULTS
