"""What other tools find, beside what the rules find.

``python -m scripts.parity record`` (``make parity``) runs those of the other tools that are here (on PATH, and
kube-score as Go builds it) on the manifests in ``testdata/parity`` and writes down what each found, for
``tests/test_parity.py``, which needs none of them. ``document`` writes ``docs/peers.md`` out of ``docs/peers.toml``.
``compare FILE…`` says of any rendered manifests which of the tools' findings the rules don't have.
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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from helm_constitution import registry
from helm_constitution.api import Rule
from helm_constitution.chart import Chart
from helm_constitution.engine import run_rules, stamp
from helm_constitution.helm.protocol import RenderRequest
from helm_constitution.manifests import Rendering, manifests_of
from helm_constitution.model import Demand, Finding, Severity
from helm_constitution.outcome import Status
from helm_constitution.scenarios import Scenario, ScenarioResult
from helm_constitution.subject import Facts
from helm_constitution.yamltree import load_document, load_documents
from scripts.fetch_helm import cache_folder

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "peers.toml"
PAGE = ROOT / "docs" / "peers.md"
MANIFESTS = ROOT / "testdata" / "parity"
RECORDED = MANIFESTS / "recorded"
DIFFERENCES = MANIFESTS / "differences.toml"
KUBE_SCORE = "github.com/zegl/kube-score/cmd/kube-score"


@dataclass(frozen=True)
class Check:
    """A peer's check: the rules that find what it finds, parameters that make them ask for the same, what differs.

    ``at`` is the kind of object that the rules report, where that is another than the peer's.
    """

    peer: str
    name: str
    rules: tuple[str, ...] = ()
    differs: str = ""
    at: str = ""
    set: Mapping[str, int | str] = field(default_factory=dict)


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
            Check(name, check, **{**what, "rules": tuple(what.get("rules", ()))})
            for check, what in entry["checks"].items()
        )
        peers.append(Peer(name, entry["version"], entry.get("charts", False), checks))
    return peers


# --- what the rules find ---


def facts_of(text: str, file: str) -> Facts:
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
    source = f"peers/templates/{file}"
    # Document by document, as helm gives them.
    documents = [each for part in re.split(r"(?m)^---$", text) for each in load_documents(part, source, rendered=True)]
    rendering = Rendering("defaults", "peers", "release-name", "default", tuple(manifests_of(documents, "peers")))
    result = ScenarioResult(Scenario("defaults", RenderRequest()), Status.RENDERED, None, rendering)
    return Facts(chart, (result,))


def find(text: str, file: str, parameters: Mapping[str, int | str] | None = None) -> list[Finding]:
    """What the rules find in rendered manifests.

    Args:
        text: the manifests, as ``helm template`` prints them.
        file: what they are called in messages.
        parameters: values for the rules' parameters of these names.
    """
    facts = facts_of(text, file)
    runs = run_rules(
        {rule: Demand(Severity.WARNING, (), defaults_of(rule, parameters)) for rule in registry.rules()}, facts
    )
    crashed = [run.crash.message for run in runs if run.crash is not None]
    if crashed:
        raise RuntimeError("; ".join(crashed))
    stamp(runs, facts)
    return [finding for run in runs for finding in run.findings]


def defaults_of(rule: Rule, parameters: Mapping[str, int | str] | None = None) -> dict[str, int | str]:
    """A rule's parameters: as given, else its defaults."""
    return {name: (parameters or {}).get(name, parameter.default) for name, parameter in rule.parameters.items()}


def missing(found: Iterable[Found], checks: Mapping[str, Check], text: str, file: str) -> list[Found]:
    """Of what a peer found in ``text``, what none of the mapped rules finds at the same object.

    What the peer reports at a role's binding is reported at the role itself.
    """
    by_set: dict[tuple[tuple[str, int | str], ...], set[tuple[str, str]]] = {}
    left = []
    for each in found:
        check = checks[each.check]
        if not check.rules:
            continue
        key = tuple(sorted(check.set.items()))
        if key not in by_set:
            findings = find(text, file, check.set)
            by_set[key] = {(one.rule, f"{one.object.kind}/{one.object.name}") for one in findings if one.object}
        objects = {where for rule, where in by_set[key] if rule in check.rules}
        elsewhere = check.at and any(where.startswith(f"{check.at}/") for where in objects)
        if each.object not in objects and not elsewhere and not objects & _roles(each.object, text, file):
            left.append(each)
    return left


def _roles(thing: str, text: str, file: str) -> set[str]:
    """The role of a binding, as an object's name."""
    kind, _, name = thing.partition("/")
    if kind not in ("RoleBinding", "ClusterRoleBinding"):
        return set()
    return {
        f"{manifest.get('roleRef', 'kind').data}/{manifest.get('roleRef', 'name').data}"
        for manifest in manifests_of(load_documents(text, file, rendered=True), "peers")
        if manifest.kind == kind and manifest.name == name
    }


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


def known_differences() -> dict[str, dict[str, list[str]]]:
    """What the peers find in ``testdata/parity`` and the rules don't, on purpose: peer → check → "file object"."""
    known: dict[str, dict[str, list[str]]] = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))
    return known


def recorded(peer: Peer) -> tuple[list[str], dict[str, list[Found]]]:
    """A peer's checks, and what it found, by file, as it was written down."""
    document = json.loads((RECORDED / f"{peer.name}.json").read_text(encoding="utf-8"))
    return document["checks"], {file: [Found(*each) for each in found] for file, found in document["found"].items()}


def compare(peers: Sequence[Peer], files: Sequence[Path]) -> int:
    """Says what the peers find in ``files`` and the rules don't; gives how many findings that are."""
    left_over = 0
    for peer in peers:
        program = None if peer.charts else program_of(peer)
        if program is None:
            continue
        checks = {check.name: check for check in peer.checks}
        for file in files:
            found = sorted(set(RUNNERS[peer.name].find(program, file)))
            mapped = [each for each in found if checks[each.check].rules]
            left = missing(mapped, checks, file.read_text(encoding="utf-8"), file.name)
            print(f"{peer.name}, {file.name}: {len(mapped) - len(left)} of {len(mapped)} found")
            for each in left:
                print(f"  {each.check}: {each.object}")
            left_over += len(left)
    return left_over


# --- the page ---


def page(peers: Sequence[Peer]) -> str:
    """``docs/peers.md``."""
    lines = [
        "# Beside other tools",
        "",
        "<!-- Made of docs/peers.toml by `python -m scripts.parity document`. -->",
        "",
        "What other tools check, and the rules that find it: `helm-constitution explain RULE` shows each. A rule that",
        "asks for something else than the check does so on purpose; the last column says what, and why. A test",
        "compares what kube-linter, kube-score and polaris find in the manifests of `testdata/parity` with what the",
        "rules find.",
        "",
        "Objects that the chart marks as tests (`helm.sh/hook: test`) are judged by the rules on names and security",
        "only, where the other tools judge them like any pod.",
        "",
    ]
    for peer in peers:
        lines += [
            f"## {peer.name} {peer.version}",
            "",
            "| Check | Rules | Difference |",
            "|-------|-------|------------|",
        ]
        for check in peer.checks:
            rules = ", ".join(f"`{rule}`" for rule in check.rules) or "none"
            set_to = ", ".join(f"`{name}: {value}`" for name, value in check.set.items())
            differs = "; ".join(part for part in (set_to and f"with {set_to}", check.differs) if part)
            lines.append(f"| {check.name} | {rules} | {differs} |")
        lines.append("")
    return "\n".join(lines)


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
