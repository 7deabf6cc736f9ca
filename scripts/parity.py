"""What other tools find, beside what the rules find.

``python -m scripts.parity record`` (``make parity``) runs those of the other tools that are here (on PATH, and
kube-score as Go builds it) on the manifests in ``testdata/parity`` and writes down what each found, for
``tests/test_parity.py``, which needs none of them. ``document`` writes ``docs/peers.md`` out of ``docs/peers.toml`` and
what was written down. ``compare FILE…`` runs the tools on any rendered manifests and decides of each (object, check)
pair whether the rules find it, by default or as the table sets them, or differ for a reason that is determined from
the object. A pair that is neither is printed, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution.chart.model import Chart
from helm_constitution.core.model import RuleSetting, Severity, Status
from helm_constitution.helm.protocol import LintOutput, RenderRequest
from helm_constitution.kubernetes.documents import manifests_of
from helm_constitution.kubernetes.manifests import Manifest, Rendering
from helm_constitution.kubernetes.selectors import LabelSelector
from helm_constitution.lint import registry
from helm_constitution.lint.findings import FindingMaker
from helm_constitution.lint.needs import CheckedChart
from helm_constitution.lint.rule import Rule
from helm_constitution.lint.runner import run_rule
from helm_constitution.locate.source_map import NO_SOURCES
from helm_constitution.policy.constitution import load_constitution
from helm_constitution.policy.find import ASK_FOR_BUILT_IN
from helm_constitution.policy.rule_selection import match
from helm_constitution.render.results import RenderedChart, RenderedObjects, ScenarioResult
from helm_constitution.render.scenarios import Scenario
from helm_constitution.templates.analysis import AnalysedChart
from helm_constitution.text.yaml import load_document, load_documents
from scripts.fetch_helm import cache_folder

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "peers.toml"
PAGE = ROOT / "docs" / "peers.md"
MANIFESTS = ROOT / "testdata" / "parity"
RECORDED = MANIFESTS / "recorded"
KUBE_SCORE = "github.com/zegl/kube-score/cmd/kube-score"


@dataclass(frozen=True)
class Check:
    """A peer's check: the rules that find what it finds, parameters that make them ask for the same, what differs.

    ``at`` is the kind of object that the rules report, where that is another than the peer's, whatever its name.
    ``unless`` names the reasons (of ``REASONS``) for which an object isn't reported even so.
    """

    peer: str
    name: str
    rules: tuple[str, ...] = ()
    differs: str = ""
    at: str = ""
    set: Mapping[str, int | str] = field(default_factory=dict)
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Peer:
    """Another tool. ``charts``: it looks at charts, not at manifests, so that nothing is recorded of it."""

    name: str
    version: str
    charts: bool
    checks: tuple[Check, ...]


class Found(NamedTuple):
    """What a peer found: a check's name and the object, ``Deployment/web``."""

    check: str
    object: str


def load_table() -> list[Peer]:
    """The peers and their checks, as ``docs/peers.toml`` has them."""
    peers = []
    for name, entry in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        checks = tuple(
            Check(
                name, check, **{**what, "rules": tuple(what.get("rules", ())), "unless": tuple(what.get("unless", ()))}
            )
            for check, what in entry["checks"].items()
        )
        peers.append(Peer(name, entry["version"], entry.get("charts", False), checks))
    return peers


# --- what the rules find ---


class Manifests:
    """Rendered manifests as the rules see them.

    Args:
        text: as ``helm template`` prints them.
        file: what they are called.
        tests_count: judge test hooks as other objects (``judge_tests: true``).
    """

    def __init__(self, text: str, file: str, *, tests_count: bool) -> None:
        self._checked = checked_chart(text, file, tests_count=tests_count)
        assert self._checked.rendered is not None
        self._finding = FindingMaker(self._checked, RenderedObjects(self._checked.rendered.results), NO_SOURCES)
        self._found: dict[tuple[str, tuple[tuple[str, int | str], ...]], frozenset[str]] = {}
        self._rules = {rule.id: rule for rule in registry.rules()}
        self.rendering = rendering_of(self._checked)

    def reported(self, rule: str, parameters: Mapping[str, int | str]) -> frozenset[str]:
        """The objects, as ``Deployment/web``, that a rule reports with these of its parameters set."""
        all_parameters = bound(self._rules[rule], parameters)
        key = rule, tuple(all_parameters.items())
        if key not in self._found:
            run = run_rule(self._rules[rule], RuleSetting(Severity.WARNING, (), all_parameters), self._checked)
            if run.crash is not None:
                raise RuntimeError(run.crash.message)
            objects = (finding.object for finding in self._finding.findings([run]))
            self._found[key] = frozenset(f"{thing.kind}/{thing.name}" for thing in objects if thing)
        return self._found[key]

    def named(self, thing: str) -> list[Manifest]:
        """The objects of a name, ``Deployment/web``; one in each namespace where it is."""
        return [each for each in self.rendering.manifests if f"{each.kind}/{each.name}" == thing]

    def finds(self, found: Found, check: Check, parameters: Mapping[str, int | str]) -> bool:
        """Whether a rule of the check reports what the peer found, there or where it is to be fixed.

        That is at a binding's role, and at a workload's autoscaler.
        """
        places = {found.object, *(f"{each.kind}/{each.name}" for each in self._behind(found.object))}
        for rule in check.rules:
            objects = self.reported(rule, parameters)
            if places & objects or (check.at and any(where.startswith(f"{check.at}/") for where in objects)):
                return True
        return False

    def _behind(self, thing: str) -> Iterator[Manifest]:
        for manifest in self.named(thing):
            if manifest.kind in ("RoleBinding", "ClusterRoleBinding"):
                yield from roles_of(manifest, self.rendering)
            elif manifest.workloads:
                yield from scalers_of(manifest, self.rendering)


def checked_chart(text: str, file: str, *, tests_count: bool) -> CheckedChart:
    """Rendered manifests as all that is known of a chart."""
    metadata = load_document("apiVersion: v2\nname: peers\nversion: 1.0.0\n", "Chart.yaml")
    chart = Chart(
        path=Path("peers"),
        shown="peers",
        name="peers",
        version="1.0.0",
        metadata=metadata,
        values=None,
        files={},
        undecodable=(),
        dependencies=(),
        subcharts={},
        missing_dependencies=(),
        schema=None,
    )
    path = f"templates/{file}"
    # Document by document, as helm gives them.
    documents = [each for part in re.split(r"(?m)^---$", text) for each in load_documents(part, path, rendered=True)]
    manifests = tuple(manifests_of(documents, tests_count=tests_count))
    rendering = Rendering("defaults", "peers", "release-name", "default", manifests)
    result = ScenarioResult(Scenario("defaults", RenderRequest()), Status.RENDERED, None, rendering)
    analysed = AnalysedChart(chart)
    return CheckedChart(analysed, RenderedChart(analysed, (result,)), LintOutput())


def rendering_of(checked: CheckedChart) -> Rendering:
    """The objects of these manifests."""
    assert checked.rendered is not None
    rendering = checked.rendered.results[0].rendering
    assert rendering is not None
    return rendering


def bound(rule: Rule, parameters: Mapping[str, int | str]) -> dict[str, int | str]:
    """A rule's parameters: as given, else its defaults."""
    return {name: parameters.get(name, parameter.default) for name, parameter in rule.parameters.items()}


# --- why an object isn't reported ---


def roles_of(binding: Manifest, rendering: Rendering) -> Iterator[Manifest]:
    """The rendered roles that a binding gives."""
    kind, name = binding.get("roleRef", "kind").string() or "", binding.get("roleRef", "name").string()
    for role in rendering.of_kind(kind):
        if role.name == name and (kind == "ClusterRole" or role.effective_namespace == binding.effective_namespace):
            yield role


def scalers_of(workload: Manifest, rendering: Rendering) -> Iterator[Manifest]:
    """The rendered autoscalers of a workload."""
    for scaler in rendering.of_kind("HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler.get("spec", "scaleTargetRef")
        if target.get("name").data == workload.name and target.get("kind").data in (workload.kind, None):
            yield scaler


def _is_scaled(manifest: Manifest, rendering: Rendering) -> bool:
    """An autoscaler sets the number of pods, and the workload leaves it out."""
    return manifest.get("spec", "replicas").data is None and next(scalers_of(manifest, rendering), None) is not None


def _is_windows(manifest: Manifest, rendering: Rendering) -> bool:
    return any(workload.pod.is_windows for workload in manifest.workloads)


def _is_empty(manifest: Manifest, rendering: Rendering) -> bool:
    return manifest.kind == "ConfigMap" and not manifest.get("data")


def _gives_nothing(manifest: Manifest, rendering: Rendering) -> bool:
    """A role without rules, or a binding of one."""
    roles = list(roles_of(manifest, rendering)) if manifest.kind.endswith("Binding") else [manifest]
    return bool(roles) and not any(role.get("rules") for role in roles)


def _is_another_role(manifest: Manifest, rendering: Rendering) -> bool:
    """A binding of a role that the chart doesn't render, and that isn't cluster-admin."""
    is_admin = manifest.get("roleRef", "name").data == "cluster-admin"
    return manifest.kind.endswith("Binding") and not is_admin and not list(roles_of(manifest, rendering))


def _is_cluster_role(manifest: Manifest, rendering: Rendering) -> bool:
    return manifest.kind == "RoleBinding" and manifest.get("roleRef", "kind").data == "ClusterRole"


def _is_operated(manifest: Manifest, rendering: Rendering) -> bool:
    """A Service of pods that an operator labels as its documentation says."""
    wanted = dict(manifest.get("spec", "selector").entries())
    wanted.pop("statefulset.kubernetes.io/pod-name", None)
    return any(
        workload.pod.merged and all(workload.pod_labels.get(key) == value.data for key, value in wanted.items())
        for workload in rendering.workloads
    )


def _is_closed(manifest: Manifest, rendering: Rendering) -> bool:
    """NetworkPolicies select the pods in both directions; one allows nothing in one of them."""
    directions = {
        part.data
        for policy in rendering.of_kind("NetworkPolicy")
        for workload in manifest.workloads
        if policy.effective_namespace == manifest.effective_namespace
        and LabelSelector(policy.get("spec", "podSelector")).matches(workload.pod_labels)
        for part in policy.get("spec", "policyTypes").items()
    }
    return directions == {"Ingress", "Egress"}


def _is_at_home(manifest: Manifest, rendering: Rendering) -> bool:
    """A ServiceMonitor that names the release's namespace, where the Service is that it selects."""
    named = {part.data for part in manifest.get("spec", "namespaceSelector", "matchNames").items()}
    selector = LabelSelector(manifest.get("spec", "selector"))
    return any(
        service.namespace is None and service.effective_namespace in named and selector.matches(service.labels)
        for service in rendering.of_kind("Service")
    )


@dataclass(frozen=True)
class Reason:
    """Why a peer's finding at an object is none here. ``holds`` tells by looking at the object."""

    sentence: str
    holds: Callable[[Manifest, Rendering], bool]


REASONS = {
    "scaled": Reason("an autoscaler sets the number of pods, so `replicas` is rightly omitted", _is_scaled),
    "windows": Reason("the pods are Windows pods, for which Kubernetes does not have this setting", _is_windows),
    "empty": Reason("a ConfigMap without data contains nothing", _is_empty),
    "no-rights": Reason("the role has no rules, so it grants nothing", _gives_nothing),
    "another-role": Reason(
        "the role does not belong to the chart, which can't change what it allows", _is_another_role
    ),
    "cluster-role": Reason("the check is about Roles, but the binding refers to a ClusterRole", _is_cluster_role),
    "closed": Reason("policies select the pods in both directions; the one without rules allows nothing", _is_closed),
    "at-home": Reason("the Service omits its namespace, and the monitor names the release's namespace", _is_at_home),
    "operated": Reason("an operator creates the pods, and labels them as documented", _is_operated),
}


class Decision(NamedTuple):
    """What became of a pair: found by default, found as the table sets the rules, or not, for a reason (or none)."""

    found: Found
    by_default: bool
    as_set: bool
    reason: str | None


def decide(found: Iterable[Found], checks: Mapping[str, Check], text: str, file: str) -> list[Decision]:
    """Decides of each pair that a peer found in ``text`` by a check that has rules."""
    plain, asked = (Manifests(text, file, tests_count=tests_count) for tests_count in (False, True))
    decisions = []
    for each in found:
        check = checks[each.check]
        if not check.rules:
            continue
        by_default = plain.finds(each, check, {})
        as_set = asked.finds(each, check, check.set)
        reason = None
        if not as_set:
            things = asked.named(each.object)
            holding = (
                name for name in check.unless if any(REASONS[name].holds(one, asked.rendering) for one in things)
            )
            reason = next(holding, None)
        decisions.append(Decision(each, by_default, as_set, reason))
    return decisions


# --- what the peers find ---


def _run(*command: str | Path) -> Any:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}") from None


def kube_linter(program: Path, file: Path) -> Iterator[Found]:
    """What kube-linter finds with all of its checks but the one that fetches schemas from the network."""
    report = _run(program, "lint", "--format", "json", "--add-all-built-in", "--exclude", "schema-validation", file)
    for entry in report["Reports"] or ():
        thing = entry["Object"]["K8sObject"]
        yield Found(entry["Check"], f"{thing['GroupVersionKind']['Kind']}/{thing['Name']}")


def kube_linter_checks(program: Path) -> list[str]:
    """The checks that kube-linter has."""
    return [check["name"] for check in _run(program, "checks", "list", "--format", "json")]


def kube_score(program: Path, file: Path) -> Iterator[Found]:
    """What kube-score finds with all of its tests: whatever it grades below "ok"."""
    optional = [part for name in kube_score_checks(program) for part in ("--enable-optional-test", name)]
    for thing in _run(program, "score", "--output-format", "json", *optional, file) or ():
        for check in thing["checks"]:
            if not check["skipped"] and check["grade"] < 10:
                kind, name = thing["type_meta"]["kind"], thing["object_meta"].get("name", "")
                yield Found(check["check"]["id"], f"{kind}/{name}")


def kube_score_checks(program: Path) -> list[str]:
    """The tests that kube-score has."""
    done = subprocess.run([program, "list"], capture_output=True, text=True, check=True)
    return [line.partition(",")[0] for line in done.stdout.splitlines() if line]


def polaris(program: Path, file: Path) -> Iterator[Found]:
    """What polaris finds with its default configuration, which has all of its checks."""
    report = _run(program, "audit", "--format", "json", "--audit-path", file)
    for entry in report["Results"] or ():
        pod = entry.get("PodResult") or {}
        parts = [entry, pod, *(pod.get("ContainerResults") or ())]
        for part in parts:
            for check, result in (part.get("Results") or {}).items():
                if not result["Success"]:
                    yield Found(check, f"{entry['Kind']}/{entry['Name']}")


def polaris_checks(program: Path) -> list[str]:
    """The checks that polaris has are not printed by it: those of the table, which the recorded ones must be among."""
    return sorted(check.name for peer in load_table() if peer.name == "polaris" for check in peer.checks)


@dataclass(frozen=True)
class Runner:
    """How a peer is run."""

    find: Callable[[Path, Path], Iterator[Found]]
    checks: Callable[[Path], list[str]]


RUNNERS = {
    "kube-linter": Runner(kube_linter, kube_linter_checks),
    "kube-score": Runner(kube_score, kube_score_checks),
    "polaris": Runner(polaris, polaris_checks),
}


def program_of(peer: Peer) -> Path | None:
    """The peer's program: on PATH, or, of kube-score, built by Go where that is here."""
    if (there := shutil.which(peer.name)) is not None:
        return Path(there)
    if peer.name != "kube-score":
        return None
    folder = cache_folder() / f"kube-score-v{peer.version}"
    if not (folder / peer.name).exists() and shutil.which("go"):
        environment = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
        subprocess.run(["go", "install", f"{KUBE_SCORE}@v{peer.version}"], env=environment, check=True)
    return folder / peer.name if (folder / peer.name).exists() else None


def record(peers: Sequence[Peer]) -> None:
    """Writes down what each peer that is here finds in the manifests of ``testdata/parity``."""
    RECORDED.mkdir(exist_ok=True)
    for peer in peers:
        if peer.charts:
            continue
        program = program_of(peer)
        if program is None:
            print(f"{peer.name}: not here, its record stays as it is")
            continue
        runner = RUNNERS[peer.name]
        found = {
            file.name: sorted({(each.check, each.object) for each in runner.find(program, file)})
            for file in sorted(MANIFESTS.glob("*.yaml"))
        }
        document = {"version": peer.version, "checks": sorted(runner.checks(program)), "found": found}
        (RECORDED / f"{peer.name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"{peer.name}: {sum(map(len, found.values()))} findings in {len(found)} files")


def recorded(peer: Peer) -> tuple[list[str], dict[str, list[Found]]]:
    """A peer's checks, and what it found, by file, as it was written down."""
    document = json.loads((RECORDED / f"{peer.name}.json").read_text(encoding="utf-8"))
    return document["checks"], {file: [Found(*each) for each in found] for file, found in document["found"].items()}


def compare(peers: Sequence[Peer], files: Sequence[Path]) -> int:
    """Says what became of each pair that the peers find in ``files``; gives how many are unexplained."""
    unexplained = 0
    for peer in peers:
        program = None if peer.charts else program_of(peer)
        if program is None:
            continue
        checks = {check.name: check for check in peer.checks}
        decisions: list[Decision] = []
        for file in files:
            found = sorted(set(RUNNERS[peer.name].find(program, file)))
            for each in decide(found, checks, file.read_text(encoding="utf-8"), file.name):
                decisions.append(each)
                if not each.as_set:
                    print(f"{file.name}: {each.found.check} {each.found.object}: {each.reason or 'unexplained'}")
        count = Count.of(decisions)
        reasons = ", ".join(f"{number} {name}" for name, number in count.reasons.items())
        print(
            f"{peer.name}: {count.pairs} pairs, {count.by_default} found by default, {count.as_set} as set;"
            f" {reasons or 'none'} for a reason; {count.unexplained} unexplained"
        )
        unexplained += count.unexplained
    return unexplained


class Count(NamedTuple):
    """How many pairs there are, and what became of them. ``reasons`` are counted by name."""

    pairs: int
    by_default: int
    as_set: int
    reasons: Mapping[str, int]

    @classmethod
    def of(cls, decisions: Sequence[Decision]) -> Count:
        """Counts."""
        reasons = Counter(each.reason for each in decisions if each.reason)
        by_default = sum(each.by_default for each in decisions)
        return cls(len(decisions), by_default, sum(each.as_set for each in decisions), dict(reasons.most_common()))

    @property
    def unexplained(self) -> int:
        """Pairs that are neither found nor differ for a reason."""
        return self.pairs - self.as_set - sum(self.reasons.values())


# --- the page ---


def page(peers: Sequence[Peer]) -> str:
    """``docs/peers.md``."""
    lines = [
        "# Comparison with other tools",
        "",
        "<!-- Made of docs/peers.toml and testdata/parity by `python -m scripts.parity document`. -->",
        "",
        "This page lists what other tools check, and the rules that find the same; `helm-constitution explain RULE`",
        "shows each. Where a rule by default leaves out what a check reports, a parameter includes it (column *Set*).",
        "The last column says what differs without the parameter, or what is reported in addition. Objects that the",
        "chart marks as tests (`helm.sh/hook: test`) are checked by few rules, but by the other tools like any pod:",
        "`judge_tests: true` applies all rules to them. After each table comes the configuration with all of this,",
        "for a team that replaces the tool.",
        "",
        "A test compares each pair of an object and a check that the tool found in the manifests of `testdata/parity`",
        "with what the rules find:",
        "",
        "| Tool | Pairs | Found by default | Found with the configuration | Differ for a reason | Unexplained |",
        "|------|-------|------------------|------------------------------|---------------------|-------------|",
    ]
    by_reason: Counter[str] = Counter()
    for peer in peers:
        if not peer.charts:
            count = Count.of(decisions_on_testdata(peer))
            by_reason.update(count.reasons)
            reasons = sum(count.reasons.values())
            numbers = (count.pairs, count.by_default, count.as_set, reasons, count.unexplained)
            lines.append(f"| {peer.name} | {' | '.join(map(str, numbers))} |")
    lines += [
        "",
        "The reasons, determined from the object, with how many of these pairs they explain and the checks that they",
        "apply to:",
        "",
    ]
    for name, reason in REASONS.items():
        concerned = [f"{peer.name} {check.name}" for peer in peers for check in peer.checks if name in check.unless]
        lines.append(f"- {by_reason[name]}: {reason.sentence} ({', '.join(concerned)})")
    lines.append("")
    for peer in peers:
        lines += [
            f"## {peer.name} {peer.version}",
            "",
            "| Check | Rules | Set | Difference |",
            "|-------|-------|-----|------------|",
        ]
        for check in peer.checks:
            rules = ", ".join(f"`{rule}`" for rule in check.rules) or "none"
            set_to = ", ".join(f"`{name}: {value}`" for name, value in check.set.items())
            lines.append(f"| {check.name} | {rules} | {set_to} | {check.differs} |")
        lines.append("")
        if not peer.charts:
            lines += [f"A configuration that checks what {peer.name} checks, with the built-in constitution:", ""]
            lines += ["```yaml", *configuration(peer).splitlines(), "```", ""]
    return "\n".join(lines) + SCHEMAS


SCHEMAS = """
## kubeconform, kubectl-validate

`portability/bad-schema` finds what `kubeconform -strict` finds, and `portability/bad-crd` what the API server rejects
in definitions. `python -m scripts.kubeconform FILE…` compares both tools object by object, with the same schemas. For
940 objects of 63 public charts both give the same result: 938 valid, 2 of kinds without a schema. With one random
change in each object (`--changed`: a field renamed, removed, set to null or to another type) they differ in 41:

- 30: `null` for a required field counts as a missing field for the rule, as for the API server
- 11: kubeconform ends with an error where `metadata.namespace` is not a string; the rule reports it

| | The two rules | kubeconform -strict | kubectl-validate |
|---|---|---|---|
| Schemas | bundled: 13 versions of Kubernetes, 395 custom kinds | fetched, or a folder | built in |
| Custom kinds | the chart's definitions, a folder, the bundle | a folder | definitions of files or a cluster |
| Unknown field | with the likely name | yes | yes |
| Key twice in a keyed list | yes | no | yes |
| Ranges, patterns, CEL of definitions | no; with `--cluster`, by a server | ranges, patterns | yes |
| Definitions | like the API server, CEL's syntax too | by the schema of their kind | by the schema of their kind |
| Versions | every scenario's; in `full` all that Chart.yaml allows | one | one |
| Place | template line and value | file and path | file and path |

For these 940 objects kubeconform takes 1.8 s of processor time. Reading the YAML and the rule together take 1.0 s, of
which the rule takes 0.2 s; a check reads the YAML once for all rules.
"""
"""What stands behind the tables: tools that compare objects with schemas alone."""


def configuration(peer: Peer) -> str:
    """The configuration, as YAML, with which the rules ask for what a peer asks for."""
    rules = {rule.id: rule for rule in registry.rules()}
    demanded = {rule.id for rule in match(load_constitution(ROOT, Path(ASK_FOR_BUILT_IN)), registry.modules()).rules}
    mapped = sorted({rule for check in peer.checks for rule in check.rules})
    parameters: dict[str, dict[str, int | str]] = {}
    for check in peer.checks:
        for rule in check.rules:
            known = {name: value for name, value in check.set.items() if name in rules[rule].parameters}
            if known:
                parameters.setdefault(rule, {}).update(known)
    lines = ["judge_tests: true"]
    if extra := [rule for rule in mapped if rule not in demanded]:
        lines += ["select:", *(f"  - {rule}" for rule in extra)]
    if parameters:
        lines.append("parameters:")
        for rule, known in sorted(parameters.items()):
            texts = (f"{name}: {json.dumps(value)}" for name, value in sorted(known.items()))
            lines.append(f"  {rule}: {{{', '.join(texts)}}}")
    return "\n".join(lines) + "\n"


def decisions_on_testdata(peer: Peer) -> list[Decision]:
    """What became of each pair that a peer found in ``testdata/parity``, as that was written down."""
    checks = {check.name: check for check in peer.checks}
    _, found = recorded(peer)
    return [
        each
        for file, pairs in found.items()
        for each in decide(pairs, checks, (MANIFESTS / file).read_text(encoding="utf-8"), file)
    ]


def main() -> int:
    """Exit status 1 where ``compare`` found something that the rules don't."""
    parser = argparse.ArgumentParser(prog="parity", description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record", help="run the tools that are here on testdata/parity")
    commands.add_parser("document", help="write docs/peers.md")
    compared = commands.add_parser("compare", help="run the tools that are here on rendered manifests")
    compared.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    peers = load_table()
    if options.command == "record":
        record(peers)
    elif options.command == "document":
        PAGE.write_text(page(peers), encoding="utf-8")
    else:
        return 1 if compare(peers, options.files) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
