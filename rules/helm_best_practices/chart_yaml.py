"""What Chart.yaml tells of a chart, besides what `helm lint` itself asks for (that is testing/lint-error)."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    RESULTS,
    SHOULD,
    Applicability,
    Fix,
    LazyPattern,
    Matcher,
    Parameter,
    Rendering,
    SetField,
    Severity,
    Subject,
    TextPlace,
    Violation,
    forbid,
    quoted,
    replaced,
    require,
    rule,
)

from .statements import BEST_PRACTICES

_TEMPLATE_TEXT = "a helm chart for kubernetes"  # what `helm create` writes
_THREE_NUMBERS = LazyPattern(r"\d+\.\d+\.\d")
_METADATA = (
    BEST_PRACTICES + r"|\bChart\.yaml\b.{0,40}\bcomplete\b|\bChart\.yaml\b(?! only).{0,10}\bmetadata\b"
    r"|\b(?:complete|full|accurate|check|provide|include|fill|describe)\w*\b.{0,20}\b(?:Chart\.yaml|chart) metadata\b"
    r"|\bchart metadata\b.{0,30}\b(?:complete|provided|filled|present|include)"
)


def _named(word: str) -> Matcher:
    """Statements that require this field: "Chart.yaml MUST have maintainers", "MUST be set in `Chart.yaml`"."""
    return require(
        rf"\bChart\.yaml\b.*\b(?:ha(?:s|ve)|(?:contain|include|list|name|declare|state|set|define)s?|says?|specif(?:y|ies))\b"
        rf".*\b{word}\b|\b{word}\b.*\b(?:set|listed|named|declared|stated|defined|specified|given)\b.*\bChart\.yaml\b"
        rf"|\bfields?\b.{{0,30}}\b(?:mandatory|required): {word}\b"
    )


_LINKS = require(r"\b(?:include|list|link|name)\w*\b.{0,20}\bsource\b.{0,10}\b(?:repositor\w+|URLs?|links?)\b")


@rule("helm/chart-no-description", default=SHOULD, enforces=_named("descriptions?"), umbrella=_METADATA)
def chart_no_description(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no description.

    Why: `helm search` and chart catalogues show only the description beside the name.
    Bad:
        description: A Helm chart for Kubernetes
    Good:
        description: A stateless HTTP server with autoscaling
    Fix: Set description in Chart.yaml to one sentence about what the chart installs.
    Source: Helm documentation, The Chart.yaml File; chart-testing's chart schema
    """
    description = subject.chart.metadata.view.get("description")
    text = (description.string() or "").strip()
    if not text:
        yield Violation(
            "Chart.yaml has no description; describe in one sentence what the chart installs", at=description
        )
    elif text.rstrip(".").lower() == _TEMPLATE_TEXT:
        yield Violation(
            "description is the default text of `helm create`; describe what this chart installs", at=description
        )


@rule("helm/chart-no-home", default=SHOULD, enforces=_named("home(?: ?page)?"), umbrella=_METADATA)
def chart_no_home(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no home page.

    Why: Users who find the chart in a catalogue can't find its project.
    Bad:
        name: web
    Good:
        name: web
        home: https://example.com/web
    Fix: Set home to the URL of the project's page.
    Source: Helm documentation, The Chart.yaml File; chart-testing's chart schema
    """
    home = subject.chart.metadata.view.get("home")
    if not home:
        yield Violation("Chart.yaml has no home page; set home to the URL of the project's page", at=home)


@rule(
    "helm/chart-no-sources", default=SHOULD, enforces=(_named("sources?(?: URLs?| code)?"), _LINKS), umbrella=_METADATA
)
def chart_no_sources(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no sources.

    Why: Users who want to read or fix the application or the chart have to search for the source.
    Bad:
        name: web
    Good:
        name: web
        sources:
          - https://github.com/example/web
    Fix: List the URLs of the chart's and the application's source code under sources.
    Source: Helm documentation, The Chart.yaml File
    """
    sources = subject.chart.metadata.view.get("sources")
    if not sources:
        yield Violation("Chart.yaml has no sources; list the URLs of the source code", at=sources)


@rule(
    "helm/chart-no-maintainers",
    default=SHOULD,
    enforces=(
        require(
            r"\bmaintainers?\b.{0,40}\b(?:with|ha(?:ve|s)|(?:list|include|name|give)s?)\b.{0,30}\b(?P<contact>e-?mails?)\b"
        ),
        _named("maintainers?"),
    ),
    umbrella=_METADATA,
    parameters={
        "contact": Parameter("", "many maintainers are known by an account; a statement that demands addresses sets it")
    },
)
def chart_no_maintainers(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no maintainers, or one without an e-mail address or URL.

    Why: There is nobody to report a vulnerability or a broken release to in private.
    Bad:
        maintainers:
          - name: web-team
    Good:
        maintainers:
          - name: web-team
            email: web-team@example.com
    Fix: List each maintainer's name and e-mail address under maintainers; a shared address or a URL is fine. A
        maintainer without either is reported as a note, unless `contact` is set.
    Source: Helm documentation, The Chart.yaml File; chart-testing validate-maintainers
    """
    maintainers = subject.chart.metadata.view.get("maintainers")
    if not maintainers:
        yield Violation(
            "Chart.yaml has no maintainers; list them with a name and an e-mail address or URL", at=maintainers
        )
        return
    for maintainer in maintainers.items():
        name = maintainer.get("name").string()
        # helm lint reports a maintainer without a name.
        if name and not maintainer.get("email") and not maintainer.get("url"):
            yield Violation(
                f"maintainer {name} has no e-mail address and no URL; add email or url",
                at=maintainer.get("email"),
                at_most=None if subject.text("contact") else Severity.NOTE,
            )


@rule("helm/chart-no-keywords", default=SHOULD, enforces=_named("keywords?"), umbrella=_METADATA)
def chart_no_keywords(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no keywords.

    Why: `helm search` and chart catalogues search the name, the description and the keywords; without keywords, users
        find the chart only if they know its name.
    Bad:
        name: web
    Good:
        name: web
        keywords:
          - http
          - server
    Fix: List a few words that users would search for under keywords.
    Source: Helm documentation, The Chart.yaml File
    """
    keywords = subject.chart.metadata.view.get("keywords")
    if not keywords:
        yield Violation("Chart.yaml has no keywords; list words that users would search for", at=keywords)


@rule("helm/chart-no-icon", default=SHOULD, enforces=_named("icon"), umbrella=_METADATA)
def chart_no_icon(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no icon.

    Why: Chart catalogues show the icon, and `helm lint` recommends one.
    Bad:
        name: web
    Good:
        name: web
        icon: https://web.acme.test/logo.svg
    Fix: Set icon to the URL of an SVG or PNG image.
    Source: Helm documentation, The Chart.yaml File; helm lint
    """
    icon = subject.chart.metadata.view.get("icon")
    if not icon:
        yield Violation("Chart.yaml has no icon; set icon to the URL of an image", at=icon)


@rule("helm/chart-no-type", default=SHOULD, enforces=_named("(?:chart )?type"), umbrella=_METADATA)
def chart_no_type(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no type.

    Why: Only an application chart can be installed; without a type, readers and tools have to know Helm's default.
    Bad:
        apiVersion: v2
        name: web
    Good:
        apiVersion: v2
        name: web
        type: application
    Fix: Set `type: application`, or `type: library` for a chart that only defines templates for others.
        `fix` writes application, which is Helm's default.
    Source: Helm documentation, Chart Types
    """
    chart_type = subject.chart.metadata.view.get("type")
    # apiVersion v1 has no type; helm/chart-api-version reports that.
    if not chart_type and subject.chart.api_version != "v1":
        # application is Helm's default.
        fix = SetField("application", Applicability.SAFE)
        yield Violation("Chart.yaml has no type; set type to application or library", at=chart_type, fix=fix)


@rule(
    "helm/chart-api-version",
    default=SHOULD,
    enforces=(
        require(r"\bapiVersion\b.{0,20}\bv2\b|\bhelm (?:v?3|4)\b|\bchart api ?version\b"),
        forbid(r"\bhelm v?2\b"),
    ),
    umbrella=BEST_PRACTICES,
)
def chart_api_version(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml uses the apiVersion of Helm 2.

    Why: Dependencies, type and values.schema.json belong to v2; Helm 4 supports v1 only for old charts.
    Bad:
        apiVersion: v1
    Good:
        apiVersion: v2
    Fix: Set `apiVersion: v2` and move the entries of requirements.yaml to dependencies in Chart.yaml.
        `fix` does so if there is no requirements.yaml.
    Source: Helm documentation, The apiVersion Field; chart-verifier is-helm-v3
    """
    api_version = subject.chart.metadata.view.get("apiVersion")
    if api_version.string() == "v1":
        moved = "requirements.yaml" in subject.chart.files
        more = " and move the entries of requirements.yaml to dependencies" if moved else ""
        fix = None if moved else SetField("v2", Applicability.SAFE)
        yield Violation(f"Chart.yaml uses apiVersion v1 of Helm 2; set apiVersion: v2{more}", at=api_version, fix=fix)


@rule(
    "helm/chart-no-app-version",
    default=SHOULD,
    needs={RESULTS},
    enforces=_named("app(?:lication)? ?version"),
    umbrella=_METADATA,
)
def chart_no_app_version(subject: Subject) -> Iterator[Violation]:
    """Chart.yaml has no appVersion.

    Why: `helm list` and `helm search` show the appVersion; without it, users can't tell which version a release runs.
    Bad:
        version: 1.2.0
    Good:
        version: 1.2.0
        appVersion: "2.8.1"
    Fix: Set appVersion, in quotes, to the version of the image that the chart runs by default.
    Source: Helm documentation, The appVersion field
    """
    app_version = subject.chart.metadata.view.get("appVersion")
    # A chart that runs nothing (custom resources, network policies) has no application to name.
    if not app_version and any(_runs_pods(rendering) for rendering in subject.renderings):
        yield Violation(
            "Chart.yaml has no appVersion; set it to the version that the chart installs by default", at=app_version
        )


def _runs_pods(rendering: Rendering) -> bool:
    return any(
        workload.manifest.dependency is None and not workload.manifest.is_test for workload in rendering.workloads
    )


@rule(
    "helm/chart-app-version-unquoted",
    default=SHOULD,
    enforces=require(r"\bappVersion\b.{0,40}\bquot"),
    umbrella=BEST_PRACTICES,
)
def chart_app_version_unquoted(subject: Subject) -> Iterator[Violation]:
    """appVersion is not quoted.

    Why: YAML reads 1.10 as the number 1.1 and 12e4567 as infinity: today's version is a string, but the next one may
        be a number, and `helm lint` rejects the chart.
    Bad:
        appVersion: 2024-10
    Good:
        appVersion: "2024-10"
    Fix: Put the appVersion in quotes. Versions with three numbers, which are always strings, and packages, whose
        Chart.yaml helm writes without quotes, are not reported.
        `fix` quotes it.
    Source: Helm documentation, The appVersion field
    """
    metadata = subject.chart.metadata
    app_version = metadata.view.get("appVersion")
    text = app_version.string()
    # helm lint itself rejects what YAML already reads as a number; "v1.9.1" can never become one.
    if subject.chart.package is not None or (text and _THREE_NUMBERS.match(text)):
        return
    if text and text[0] in "-+.0123456789" and metadata.is_plain(("appVersion",)):
        span = metadata.value_span(("appVersion",))
        yield Violation(
            f'appVersion {text} is not quoted, so a later version may be read as a number; write "{text}"',
            at=app_version,
            fix=Fix("quote it", (replaced(TextPlace(metadata.file, span), quoted(text)),), Applicability.SAFE),
        )
