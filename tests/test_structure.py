"""How the sources are built: short files and functions, imports on top, no memory of charts between checks.

The direction of imports and the absence of circles are import-linter's contracts in pyproject.toml (``make lint``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.structure import modules, sources

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60

LONG_FILES: Mapping[str, str] = {}
"""Files that may be longer, each with its reason."""

LONG_FUNCTIONS = {
    "rules/backward_compatibility/api_versions.py:_table": "one literal: the table of removed API versions"
}
"""Functions that may be longer, as ``file:function``, each with its reason."""

IMPORTED_IN_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "heavy libraries, needed by few charts": (
        "base64",
        "binascii",
        "datetime",
        "difflib",
        "fractions",
        "glob",
        "gzip",
        "hashlib",
        "helm_python",
        "html",
        "importlib",
        "importlib.metadata",
        "importlib.util",
        "io",
        "ipaddress",
        "json",
        "jsonschema",
        "referencing",
        "referencing.exceptions",
        "shutil",
        "struct",
        "tarfile",
        "tempfile",
        "traceback",
        "urllib.parse",
        "xml.etree",
        "xml.etree.ElementTree",
        "zlib",
    ),
    "not there on every system, or only in the child process that uses it": ("resource", "select", "signal"),
    "50 ms; the one handler of errors sets the process up before": (
        "click",
        "helm_constitution.check.kept_patterns",
        "helm_constitution.cli.main",
        "helm_constitution.core.errors",
        "helm_constitution.core.secret_texts",
        "helm_constitution.core.signals",
    ),
    "heavy, and not needed by a check that the cache answers; helm is at work meanwhile": (
        "helm_constitution.chart.loader",
        "helm_constitution.check.configured",
        "helm_constitution.check.kept_lines",
        "helm_constitution.check.kept_lint",
        "helm_constitution.check.memory",
        "helm_constitution.check.report",
        "helm_constitution.check.report_codec",
        "helm_constitution.check.source_texts",
        "helm_constitution.check.settle",
        "helm_constitution.check.setup",
        "helm_constitution.helm.message_parts",
        "helm_constitution.helm.version",
        "helm_constitution.lint.needs",
        "helm_constitution.lint.placing",
        "helm_constitution.locate.marked_render",
        "helm_constitution.locate.proved_values",
        "helm_constitution.render.cheap_lint",
        "helm_constitution.templates.analysis",
        "helm_constitution.helm.documents",
        "helm_constitution.helm.messages",
        "helm_constitution.helm.schemas",
        "helm_constitution.helm.set_values",
        "helm_constitution.lint.findings",
        "helm_constitution.lint.registry",
        "helm_constitution.lint.runner",
        "helm_constitution.lint.told_by",
        "helm_constitution.policy.configuration",
        "helm_constitution.policy.find",
        "helm_constitution.policy.reader",
        "helm_constitution.policy.rule_selection",
        "helm_constitution.policy.statements",
        "helm_constitution.policy.word_links",
        "helm_constitution.text.pyyaml",
        "helm_constitution.text.yaml",
        "helm_constitution.text.yaml_composer",
        "yaml",
        "yaml._yaml",
    ),
    "for expressions in CEL, and the extra that evaluates them": (
        "cel_expr_python",
        "helm_constitution.admission.rules",
        "helm_constitution.cel.expressions",
        "helm_constitution.cel.programs",
    ),
    "one of two engines": ("helm_constitution.helm.cli", "helm_constitution.helm.embedded"),
    "for what a fleet has besides, and for an extra of it": (
        "helm_constitution.fleet.git_charts",
        "helm_constitution.fleet.helm_charts",
        "helm_constitution.fleet.scheduler",
        "pyarrow",
        "pyarrow.parquet",
    ),
    "an extra of the language server": ("helm_constitution.server.main", "helm_constitution.server.worker"),
    "for several charts that the cache doesn't answer": (
        "helm_constitution.fleet.pool",
        "helm_constitution.fleet.preload",
    ),
    "for packaged charts, debt, waivers, rule packs and what else few charts have": (
        "helm_constitution.chart.archive",
        "helm_constitution.check.apply_debt",
        "helm_constitution.check.apply_waivers",
        "helm_constitution.check.cache",
        "helm_constitution.check.changed",
        "helm_constitution.kubernetes.schemas",
        "helm_constitution.lint.known_schemas",
        "helm_constitution.lint.placeholder_filter",
        "helm_constitution.lint.rule_packs",
        "helm_constitution.policy.debt",
        "helm_constitution.policy.scenario_settings",
        "helm_constitution.policy.waivers",
        "helm_constitution.text.markdown_tables",
    ),
    "for a cluster that is asked, and for an extra of it": (
        "helm_constitution.cluster.ask",
        "helm_constitution.cluster.connection",
        "helm_constitution.cluster.install",
        "helm_constitution.cluster.upgrade",
    ),
    "for a comparison with a baseline": (
        "helm_constitution.check.baseline_report",
        "helm_constitution.compare.effects",
        "helm_constitution.compare.metadata",
        "helm_constitution.compare.moved_values",
        "helm_constitution.compare.objects",
        "helm_constitution.compare.old_values",
        "helm_constitution.compare.printing",
        "helm_constitution.compare.release",
        "helm_constitution.compare.schema",
        "helm_constitution.compare.setup",
        "helm_constitution.compare.values",
    ),
    "for scenarios that are asked for": (
        "helm_constitution.check.coverage_report",
        "helm_constitution.render.coverage",
        "helm_constitution.render.required_values",
        "helm_constitution.render.sources",
    ),
    "for one format of the report, or for messages and completions": (
        "helm_constitution.cli.completion",
        "helm_constitution.lint.explain",
        "helm_constitution.report",
        "helm_constitution.report.earlier",
        "helm_constitution.report.history",
        "helm_constitution.report.jsonreport",
        "helm_constitution.report.lcov",
        "helm_constitution.report.style",
        "helm_constitution.report.text",
        "helm_constitution.report.upgrade",
        "helm_constitution.report.words",
        "helm_constitution.text.rule_page",
    ),
}
"""The modules that functions may import, by the reason."""

CACHES = {
    "rules/platform_portability/platforms.py:platform_of": "a word, by a name",
    "rules/progressive_disclosure/flags.py:is_foreign": "a truth, by one step of a path",
    "rules/security/credentials.py:telling": "a truth, by a name",
    "rules/security/credentials.py:words": "words, by a name",
    "src/helm_constitution/cel/programs.py:_environment": "the functions that expressions may call",
    "src/helm_constitution/admission/rules.py:_module": "policies as rules, by the state of their files",
    "src/helm_constitution/compare/release.py:_words_of_key": "words, by a key",
    "src/helm_constitution/core/named_tuples.py:_new_with": "the code of a function, by the number of its arguments",
    "src/helm_constitution/kubernetes/schemas.py:_bundle": "a file of the program's own",
    "src/helm_constitution/kubernetes/schemas.py:_groups": "the names of the program's own files",
    "src/helm_constitution/lint/registry.py:modules": "the rules that there are",
    "src/helm_constitution/lint/registry.py:rules": "the rules that there are",
    "src/helm_constitution/lint/rule_packs.py:folder_pack": "a rule pack, by its folder",
    "src/helm_constitution/lint/rule_packs.py:installed_pack": "a rule pack, by its name",
    "src/helm_constitution/policy/built_in.py:built_in": "a file of the program's own",
    "src/helm_constitution/policy/constitution.py:_parsed": "a constitution, which many charts share",
    "src/helm_constitution/policy/prefilter.py:needed_words": "words, by a rule's pattern",
    "src/helm_constitution/policy/rule_selection.py:_links": "a constitution's statements and their rules",
}
"""What functools' caches may remember between checks, as ``file:name``, each with its reason."""


def unlisted_and_stale(found: Mapping[str, str], listed: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """What was found without an exception, with what is told of it, and exceptions for what is not there."""
    known = set(listed)
    return {name: told for name, told in found.items() if name not in known}, known - found.keys()


def test_files_are_short() -> None:
    found = {source.path: f"{source.lines} lines" for source in sources() if source.lines > LINES_OF_A_FILE}
    assert unlisted_and_stale(found, LONG_FILES) == ({}, set())


def test_functions_are_short() -> None:
    found = {
        f"{source.path}:{name}": f"{lines} lines"
        for source in sources()
        for name, lines in source.functions()
        if lines > LINES_OF_A_FUNCTION
    }
    assert unlisted_and_stale(found, LONG_FUNCTIONS) == ({}, set())


def test_functions_import_what_is_heavy_and_seldom_needed_alone() -> None:
    found = {
        name: f"{source.path}:{line}" for source in sources() for name, line in sorted(source.imported_in_functions())
    }
    listed = [name for names in IMPORTED_IN_FUNCTIONS.values() for name in names]
    assert len(listed) == len(set(listed))
    assert unlisted_and_stale(found, listed) == ({}, set())


def test_nothing_remembers_charts() -> None:
    found = {f"{source.path}:{name}": "remembers" for source in sources() for name in source.caches()}
    assert unlisted_and_stale(found, CACHES) == ({}, set())


def test_the_sources_are_those_of_the_program_and_of_its_rules() -> None:
    assert {"helm_constitution.cli.main", "helm_constitution.rules.security", "helm_constitution.api"} <= modules()
    assert len(modules()) == len(sources())
