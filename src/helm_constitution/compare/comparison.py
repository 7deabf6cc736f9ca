"""A chart beside its baseline: what changed, and the version that the changes require."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from helm_constitution.compare.changes import OLD_VALUES, Change, Step, is_enough, smallest_version, step_between
from helm_constitution.core.model import Status
from helm_constitution.core.records import record
from helm_constitution.helm.protocol import FailureKind
from helm_constitution.text.place import TextPlace
from helm_constitution.text.semver import Version, parse_version
from helm_constitution.text.yaml_document import dotted

if TYPE_CHECKING:
    from helm_constitution.compare.effects import Filling, Trial
    from helm_constitution.compare.objects import Pair
    from helm_constitution.compare.old_values import Lost
    from helm_constitution.kubernetes.manifests import Rendering
    from helm_constitution.render.results import RenderedChart, ScenarioResult
    from helm_constitution.text.yaml_document import View, YamlDocument
    from helm_constitution.text.yaml_scalars import Json


@record
class Comparison:
    """A chart beside its baseline.

    ``origin`` is the baseline's name in reports. ``old`` and ``new`` are the two releases. ``moved`` are the new
    chart's renderings with the old chart's values for a scenario, if these differ; ``gone`` is its rendering with the
    values that only the old values.yaml has, if the chart may reject them; ``again`` the old chart rendered a second
    time, by scenario (asked for only where something differs). ``by_robot``: versions and changelog are written when
    the release is made. ``old_values`` is a user's values file for the old release, and ``trial`` renders both releases
    with parts of it. ``filling`` renders both with empty values filled.
    """

    origin: str
    old: RenderedChart
    new: RenderedChart
    moved: Mapping[str, ScenarioResult] = field(default_factory=dict)
    gone: ScenarioResult | None = None
    again: Mapping[str, Rendering] = field(default_factory=dict)
    by_robot: bool = False
    old_values: YamlDocument | None = None
    trial: Trial | None = None
    filling: Filling | None = None

    @property
    def all_results(self) -> Iterator[ScenarioResult]:
        """The renderings of the comparison besides those of the chart itself."""
        yield from self.old.results
        yield from self.moved.values()
        if self.gone is not None:
            yield self.gone

    @property
    def old_version(self) -> Version | None:
        """The baseline's version; None if it is not a semantic version."""
        return parse_version(self.old.chart.version, strict=False)

    @property
    def new_version(self) -> Version | None:
        """The chart's version; None if it is not a semantic version."""
        return parse_version(self.new.chart.version, strict=False)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every change, breaking ones first."""
        found = list(self._found())
        if not found and self.differs:
            found = [Change("", Step.PATCH, "chart files changed")]
        return tuple(sorted(found, key=lambda change: -change.step))

    def _found(self) -> Iterator[Change]:
        from helm_constitution.compare.metadata import compare_definitions, compare_metadata
        from helm_constitution.compare.moved_values import moved_values
        from helm_constitution.compare.objects import compare_objects
        from helm_constitution.compare.printing import NOTES
        from helm_constitution.compare.release import Release
        from helm_constitution.compare.schema import compare_schemas
        from helm_constitution.compare.values import compare_values

        old, new = self.old.chart, self.new.chart
        if not self.differs:
            return
        values = [*compare_values(self.old, self.new), *compare_schemas(old, new)]
        if self.filling is not None:
            values += moved_values(Release(self.old), Release(self.new), self.filling, values)
        yield from values
        yield from compare_metadata(old, new)
        yield from compare_definitions(old, new, self._rendered_definitions(), self._kinds_in_need())
        breaking = [change for change in values if change.step is Step.MAJOR]
        yield from self._refused(breaking)
        yield from self._refused_by_name(breaking)
        notes = old.files.get(NOTES, "").lower()
        settings = old.files.get("values.yaml", "").lower()
        yield from compare_objects(
            self._pairs(),
            self.again,
            notes_on_secrets="get secret" in notes,
            existing_secrets="existingsecret" in settings,
            numbered=any(".Release.Revision" in template.text for template in self.new.analysed.templates),
            optional=frozenset() if "existingsecret" in settings else self._optional_secrets(),
        )

    @cached_property
    def differs(self) -> bool:
        """Whether anything in the two charts differs, including packaged dependencies."""
        old, new = self.old.chart, self.new.chart
        if old.files != new.files or old.undecodable != new.undecodable:
            return True
        mine, theirs = dict(old.subcharts), dict(new.subcharts)
        return {name: chart.files for name, chart in mine.items()} != {
            name: chart.files for name, chart in theirs.items()
        }

    @cached_property
    def _own(self) -> dict[str, ScenarioResult]:
        """The new chart's scenarios with its own values."""
        return {result.scenario.name: result for result in self.new.results}

    def _results(self) -> Iterator[tuple[ScenarioResult, ScenarioResult]]:
        """Each scenario of the old chart, and the new chart's with the same values."""
        for result in self.old.results:
            other = self.moved.get(result.scenario.name) or self._own.get(result.scenario.name)
            if other is not None:
                yield result, other

    def _pairs(self) -> Iterator[Pair]:
        from helm_constitution.compare.objects import Pair

        for mine, theirs in self._results():
            if mine.status is Status.RENDERED and theirs.status is Status.RENDERED:
                assert mine.rendering is not None
                assert theirs.rendering is not None
                over = frozenset() if mine.scenario.request.is_upgrade else self._at_installation
                yield Pair(mine.scenario.name, mine.rendering, theirs.rendering, over)

    def _optional_secrets(self) -> frozenset[str]:
        """The old release's templates of Secrets that a flag ``create`` is for: without it users bring them."""
        from helm_constitution.compare.release import Release

        side = Release(self.old)
        return frozenset(
            template.path
            for template in self.old.analysed.templates
            if (offset := template.text.find("kind: Secret")) >= 0
            and any(path[-1] == "create" for path in side.enters(template, offset))
        )

    @cached_property
    def _at_installation(self) -> frozenset[str]:
        """The templates that test whether it is the first installation."""
        return frozenset(
            template.path
            for side in (self.old, self.new)
            for template in side.analysed.templates
            if ".Release.IsInstall" in template.text
        )

    def _rendered_definitions(self) -> dict[str, View]:
        return {
            manifest.name: manifest.get("metadata", "name")
            for result in self.new.results
            if result.rendering is not None
            for manifest in result.rendering.of_kind("CustomResourceDefinition")
        }

    def _kinds_in_need(self) -> frozenset[str] | None:
        """The kinds of which this release needs the new definitions; None for all.

        The same programs run on with the definitions that the cluster has, and so do their PATCH versions; only new
        objects may need others.
        """
        old, new = (side.chart.metadata.scalar_text(("appVersion",)) for side in (self.old, self.new))
        before, after = _images(self.old), _images(self.new)
        if not old or not new or not after or not _is_patch(old, new):
            return None
        if not all(any(_is_patch(one, other, ":") for one in before) for other in after):
            return None
        return frozenset(
            manifest.kind
            for result in self.new.results
            if result.rendering is not None
            for manifest in result.rendering.manifests
        )

    def _refused_by_name(self, known: list[Change]) -> Iterator[Change]:
        """Values of the last release that this one rejects with ``fail``.

        Args:
            known: changes that are reported already; the message may name one of them.
        """
        from helm_constitution.compare.release import Release

        error = self.gone.errors[0] if self.gone is not None and self.gone.errors else None
        if error is None or error.kind is not FailureKind.REQUIRED:
            return
        if any(_names(change, error.text) for change in known):
            return
        old, new = Release(self.old), Release(self.new)
        paths = [tuple(word.split(".")) for word in _words(error.text)]
        gone = [path for path in paths if old.has(path) and not new.has(path)]
        yield Change(
            "compat/value-removed",
            Step.MAJOR,
            f"a removed value is rejected: {_in_one_line(error.text)}",
            "remove the values that the message names",
            old.place(gone[0]) if gone else None,
            TextPlace(error.file) if error.file is not None else None,
            names=tuple(dotted(path) for path in gone) or (error.text,),
            announced=any(old.is_deprecated(path) for path in gone),
        )

    def _refused(self, known: list[Change]) -> Iterator[Change]:
        """Values that rendered with the old chart but not with the new one: one change for each message.

        Args:
            known: changes that explain it, if the message names their value; a user's own file is reported anyway.
        """
        told: set[str] = set()
        for mine, theirs in self._results():
            if mine.status is not Status.RENDERED or theirs.status in (Status.RENDERED, Status.NOT_RUN):
                continue
            error = theirs.errors[0] if theirs.errors else None
            if error is None or error.text in told or error.kind in (FailureKind.TIMEOUT, FailureKind.DEPENDENCY):
                continue
            name = mine.scenario.name
            own = self._own.get(name)
            if own is not None and own.status is theirs.status is Status.FAILED:
                continue  # the chart's own fault, which other rules report
            told.add(error.text)
            if name != OLD_VALUES and any(_names(change, error.text) for change in known):
                continue
            yield Change(
                "compat/value-newly-required" if theirs.status is Status.NEEDS_INPUT else "compat/value-retyped",
                Step.MAJOR,
                f"the values of {name} no longer render: {_in_one_line(error.text)}",
                "set the values that the message names",
                None,
                TextPlace(error.file) if error.file is not None else None,
                names=_words(error.text),
                scenario=name,
            )

    @cached_property
    def lost_values(self) -> tuple[Lost, ...]:
        """Every key of a user's values for the earlier release that this one ignores, rejects or interprets
        differently; empty if no such file was given."""
        from helm_constitution.compare.old_values import lost_values

        return tuple(lost_values(self)) if self.old_values is not None else ()

    @property
    def rendered(self) -> bool:
        """Whether any scenario could be compared."""
        return any(
            mine.status is Status.RENDERED and theirs.status is Status.RENDERED for mine, theirs in self._results()
        )

    # --- the verdict ---

    @property
    def required_step(self) -> Step:
        """The step that the changes require, without the exception for versions before 1.0.0."""
        return max((change.step for change in self.changes), default=Step.NONE)

    @property
    def required_version(self) -> Version | None:
        """The smallest version that semantic versioning allows for the changes."""
        old = self.old_version
        return None if old is None else smallest_version(self.required_step, old)

    @property
    def step(self) -> Step:
        """The step from the baseline's version to the chart's."""
        old, new = self.old_version, self.new_version
        return step_between(old, new) if old is not None and new is not None else Step.NONE

    def allows(self, step: Step) -> bool:
        """Whether the increment is large enough for a change of this step, or the version is set later."""
        old, new = self.old_version, self.new_version
        return self.by_robot or old is None or new is None or is_enough(step, old, new)

    @property
    def allows_features(self) -> bool:
        """Whether the increment is large enough for changes that users notice (a MINOR; before 1.0.0 a PATCH)."""
        return self.allows(Step.MINOR)

    @property
    def commit_message(self) -> str:
        """The commit message for a release bot (Conventional Commits 1.0.0)."""
        breaking = [change for change in self.changes if change.step is Step.MAJOR]
        word = "feat" if self.required_step >= Step.MINOR else "fix"
        sign = "!" if breaking else ""
        first = next((change.what for change in self.changes), "no changes")
        lines = [f"{word}({self.new.chart.name}){sign}: {_one_line(first, 72)}"]
        if breaking:
            lines.append("")
            for index, change in enumerate(breaking):
                lead = "BREAKING CHANGE: " if index == 0 else "- "
                lines.append(lead + change.what + (f"; {change.advice}" if change.advice else ""))
        return "\n".join(lines)


def _names(change: Change, message: str) -> bool:
    """Whether a message names the value of a change."""
    return change.names[0] in message or change.names[-1] in message or _is_named(change.new_values, message)


def _is_named(values: Mapping[str, Json] | None, message: str) -> bool:
    """Whether a message names the value that a change tells users to set."""
    path: list[str] = []
    while values and len(values) == 1:
        key, below = next(iter(values.items()))
        path.append(key)
        values = below if isinstance(below, dict) else None
    return len(path) > 1 and ".".join(path) in message


def _in_one_line(text: str) -> str:
    """The message of a template's ``fail``, without the frame that many charts put around it."""
    return " ".join(re.sub(r"[#*=~-]{3,}", " ", text).split())


def _one_line(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"


def _is_patch(before: str, after: str, separator: str = "") -> bool:
    """Whether a version is the same or a PATCH later; with a separator, the part before it has to be the same."""
    if before == after:
        return True
    if separator:
        (name, _, before), (other, _, after) = before.rpartition(separator), after.rpartition(separator)
        if name != other:
            return False
    old, new = parse_version(before, strict=False), parse_version(after, strict=False)
    return old is not None and new is not None and step_between(old, new) is Step.PATCH


def _images(rendered: RenderedChart) -> set[str]:
    return {
        container.image
        for result in rendered.results
        if result.rendering is not None
        for workload in result.rendering.workloads
        for container in workload.pod.all_containers
    }


def _words(text: str) -> tuple[str, ...]:
    """The dotted names in a message."""
    return tuple(dict.fromkeys(word.removeprefix(".Values.") for word in re.findall(r"[\w.]*\w\.\w+", text)))
