"""The README: there, and with the sections that its readers look for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MAY,
    MUST,
    SHOULD,
    LazyPattern,
    Markdown,
    NotApplicable,
    Subject,
    TextPlace,
    Violation,
    require,
    rule,
)

from .readme_file import NAMES, readme_of, require_readme
from .table_fixes import whole_table
from .values_in_readme import looks_like_values


@rule(
    "docs/no-readme",
    default=MUST,
    enforces=(
        require(r"\breadme(\.md)?\b\W*(files?\W*)?(must|should|shall|is required)"),
        require(r"\breadme(\.md)?\b.{0,40}\b(?:are|is) (?:required|mandatory)\b"),
        require(r"\b(have|has|includes?|contains?|ships?|provides?)\W{1,6}readme\b"),
        require(r"\breadme(\.md)?\b\W*(includ|contain|with\b|exist|present|complete)"),
        require(
            r"\b(have|has|includes?|ships?|provides?|requires?|contains?|with)"
            r" (an? |its own |the )?([\w-]+ )?`?readme\b"
        ),
        require(r"documented in (the|its|a)( chart('s)?)? readme\b(?!\W*(and/)?or\b)"),
    ),
)
def no_readme(subject: Subject) -> Iterator[Violation]:
    """Chart has no README.md.

    Why: Registries and `helm show readme` show the README; without it users do not learn what the chart installs and
        what it needs.
    Bad:
        Chart.yaml
        values.yaml
        templates/
    Good:
        Chart.yaml
        README.md
        values.yaml
        templates/
    Fix: Add a README.md beside Chart.yaml that explains how to install, configure, upgrade and troubleshoot the chart.
    Source: Helm documentation, Charts, "The Chart File Structure"; chart-verifier has-readme
    """
    if any(name.lower() in NAMES for name in subject.chart.undecodable):
        return
    found = readme_of(subject)
    if found is None:
        yield Violation("chart has no README.md; add one with installation and values", TextPlace("Chart.yaml"))
    elif not found[1].strip():
        yield Violation(f"{found[0]} is empty; explain how to install and configure the chart", TextPlace(found[0]))


# Each kind of section by its usual headings, as found in public charts.
_INSTALLING = LazyPattern(
    r"(?<!un)install|quick.?start|get(ting)?.?started|\busage\b|\bhow to use|\buse it\b|\bdeploy(ing|ment)?\b"
    r"|\bset.?up\b|tl;?\s?dr|\brun(ning)?\b",
    re.IGNORECASE,
)
_INSTALL_COMMAND = LazyPattern(r"\bhelm3?\s+(?:\S+\s+)*?(install|upgrade\b.*\s(-i|--install))\b", re.IGNORECASE)
_DEPENDENCY = LazyPattern(r"^\s*(-\s+)?(dependencies|repository):")
_VALUES = LazyPattern(
    r"\bvalues?\b|\bparameters?\b|\bconfigur|\bsettings?\b|\boptions?\b|\bcustomi[sz]|\bpropert(y|ies)\b|\bvariables?\b",
    re.IGNORECASE,
)
UPGRADING = LazyPattern(
    r"\bupgrad|\bupdat(e|ing)\b|\bmigrat|breaking change|\bfrom v?\d+(\.[\dx]+)* to\b|^to v?\d+\.\d|\bv?\d+\.x to\b",
    re.IGNORECASE,
)
_UPGRADE_WORDS = LazyPattern(
    r"\b(?:when|before|while|after|for|on) (?:you )?upgrad(?:e|es|ing)\b|\bto upgrade (?:from|to)\b|\bupgrade notes?\b",
    re.IGNORECASE,
)
"""Words under another heading ("Changelog") that refer to upgrade steps."""
UPGRADE_FILE = LazyPattern(r"(?:^|/)(upgrad|migrat)[\w.-]*\Z", re.IGNORECASE)
_TROUBLESHOOTING = LazyPattern(
    r"trouble.?shoot|\bfaqs?\b|frequently asked|\bknown (\w+ )?limitations|\bpitfalls?\b"
    r"|\bissues?\b|\bproblems?\b|\bdebug|\bdiagnos|\bgotchas?\b|\bcaveats?\b|\bhelp\b|\berrors?\b|work.?arounds?",
    re.IGNORECASE,
)


_LEADS_TO_INSTALLING = LazyPattern(
    r"\binstall(?:ation|ing)? (?:guide|instructions?|docs|documentation|manual)\b|\bhow to (?:install|deploy)\b",
    re.IGNORECASE,
)
_LEADS_TO_VALUES = LazyPattern(
    r"^(?=.*\b(?:see|check|refer|consult|look|found|listed|described|documented|documentation|explained)\b)"
    r"(?=.*\b(?:values|options|parameters|settings|configuration)\b(?!\.)).*(?<!-f )\bvalues\.(?:ya?ml|md)\b",
    re.IGNORECASE,
)
"""Lines that link to the description of the values: `see the options in values.yaml`."""
_LINK = LazyPattern(r"https?://|\]\(")


def _has_heading(document: Markdown, pattern: LazyPattern) -> bool:
    return any(pattern.search(heading.text) for heading in document.headings)


def _shows_installing(document: Markdown, library: bool) -> bool:
    if _has_heading(document, _INSTALLING):
        return True
    lines = [line for block in document.code for line in block.lines]
    if any(_INSTALL_COMMAND.search(line) for line in (*lines, *document.prose) if "helm" in line):
        return True
    if any(_LEADS_TO_INSTALLING.search(line) and _LINK.search(line) for line in document.prose):
        return True
    return library and any(_DEPENDENCY.match(line) for line in lines)


def _shows_values(document: Markdown) -> bool:
    if _has_heading(document, _VALUES) or any(looks_like_values(table) for table in document.tables):
        return True
    return any(_LEADS_TO_VALUES.search(line) for line in document.prose)


# What statements say a README does with a subject: "README.md MUST include: …", "the README explains how to …".
_SAYS = (
    r"\breadme(?:\.md)?\b(?:\W+\w+){0,3}?"
    r"\W+(?:include|contain|have|has|describe|document|tell|explain|cover|list|provide|with)s?\b"
)


@rule(
    "docs/readme-no-installing",
    default=MUST,
    enforces=(
        require(r"quick.?start"),
        require(_SAYS + r".*\b(install|getting started|usage|how to use|deploy)"),
        require(r"\b(install(ation)?|usage) (guide|section)|installation instructions\b.*\breadme"),
    ),
)
def readme_no_installing(subject: Subject) -> Iterator[Violation]:
    """README has no installation instructions.

    Why: Users look for them first: the command, the repository, the prerequisites.
    Bad:
        # web
        A chart for the web service.
    Good:
        # web
        ## Installing
            helm install web oci://registry.acme.test/charts/web
    Fix: Add a section with the command that installs the chart, or a link to an installation guide.
    Source: Artifact Hub and helm-docs conventions; chart-verifier has-readme
    """
    name, document = require_readme(subject)
    if not _shows_installing(document, subject.chart.is_library):
        message = 'README has no installation instructions; add a section "Installing" with the command'
        yield Violation(message, TextPlace(name))


@rule(
    "docs/readme-no-values",
    default=MUST,
    enforces=(
        require(_SAYS + r".*\b(values|parameters|configuration options)\b"),
        require(
            r"\breadme\b.{0,60}\b(explain|describ|document|list|cover|includ)\w*"
            r" (all |every |the )?(options|values|parameters)\b"
            r"|^(?!.*\bor\b.*\bcomments?\b).*\b(configurations?|options|values|parameters)\b.{0,30}"
            r"\b(documented|described|listed)\b.{0,20}\breadme\b"
        ),
        require(
            r"values documentation|(?<!compatible with )\bhelm-docs\b(?! comments?)"
            r"|\ball (?:options|values|parameters)\b.{0,40}\breadme\b"
        ),
    ),
)
def readme_no_values(subject: Subject) -> Iterator[Violation]:
    """README does not describe the values.

    Why: The values are the chart's interface; users who do not find them documented read the templates, or leave.
    Bad:
        # web
        ## Installing
    Good:
        # web
        ## Installing
        ## Values
    Fix: Add a section with a table of the values (helm-docs generates it), or one that links to their description.
        `fix` adds a table in the form of helm-docs.
    Source: helm-docs; Bitnami readme-generator-for-helm
    """
    name, document = require_readme(subject)
    if subject.chart.values is None or not subject.chart.values.data:
        raise NotApplicable("the chart has no values to describe")
    if not _shows_values(document):
        fix = whole_table(name, subject.chart.files[name], subject.chart.values)
        yield Violation(
            'README does not describe the values; add a section "Values" with a table', TextPlace(name), fix=fix
        )


@rule(
    "docs/readme-no-upgrading",
    default=SHOULD,
    enforces=(
        require(r"\b(upgrade|upgrading|migration) (guides?|instructions|section)"),
        require(_SAYS + r".*\b(upgrad|migration)"),
        require(r"\b(upgrad\w*|migration)\b.*\bin (the |a |its )?(chart )?readme\b(?!\W*(and/)?or\b)"),
    ),
)
def readme_no_upgrading(subject: Subject) -> Iterator[Violation]:
    """README has no upgrade instructions.

    Why: Users come back for a new version, and have to know its migration steps before they install it.
    Bad:
        # web
        ## Installing
        ## Values
    Good:
        # web
        ## Installing
        ## Values
        ## Upgrading
        ### To 2.0.0
    Fix: Add a section on upgrading with the migration steps of each MAJOR version, or an UPGRADING.md beside the
        README.
    Source: Helm documentation, Charts, "Chart README"; Artifact Hub conventions
    """
    name, document = require_readme(subject)
    guide = any(UPGRADE_FILE.search(file) and not file.startswith("templates/") for file in subject.chart.files)
    told = _has_heading(document, UPGRADING) or any(_UPGRADE_WORDS.search(line) for line in document.prose)
    if not guide and not told:
        message = 'README has no upgrade instructions; add a section "Upgrading" with the steps for each version'
        yield Violation(message, TextPlace(name))


@rule(
    "docs/readme-no-troubleshooting",
    default=MAY,
    enforces=require(
        r"^(?!.*\bfor (?:[\w-]+ (?:and )?){0,4}trouble.?shooting).*(?:trouble.?shooting"
        r"(?! (?:must|should|shall|purposes)\b)|trouble.?shooting must be (?:in|documented|part)\b)"
    ),
)
def readme_no_troubleshooting(subject: Subject) -> Iterator[Violation]:
    """README has no troubleshooting section.

    Why: New users meet the same few failures; a line on each saves an issue, or an evening.
    Bad:
        # web
        ## Installing
    Good:
        # web
        ## Installing
        ## Troubleshooting
        - Pods stay Pending: no node has the memory that resources.requests asks for.
    Fix: Add a section that describes common failures and how to solve them.
    Source: Helm documentation, Charts, "Chart README"; Artifact Hub conventions
    """
    name, document = require_readme(subject)
    if not _has_heading(document, _TROUBLESHOOTING):
        message = 'README has no troubleshooting section; add "Troubleshooting" with common failures and solutions'
        yield Violation(message, TextPlace(name))
