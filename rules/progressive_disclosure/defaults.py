"""What the default values give: something that works, or a clear word on what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    TEMPLATES,
    FailureKind,
    HelmMessage,
    LazyPattern,
    NamedTuple,
    NotApplicable,
    Path,
    Related,
    Rendering,
    Span,
    Status,
    Subject,
    TextPlace,
    Unchecked,
    Urgency,
    View,
    Violation,
    dotted,
    forbid,
    not_rendered,
    require,
    rule,
    walk,
)

from .messages import names_a_value, plain_key

_VALUES_READ = LazyPattern(r"\.Values\.([\w.]+)")


def _value_names(subject: Subject) -> set[str]:
    """Every key that values.yaml has or a template reads, as a sentence may spell it."""
    names: set[str] = set()
    if subject.chart.values is not None:
        view = subject.chart.values.document.view
        names.update(str(part.path[-1]) for part in view.walk() if part.path and isinstance(part.path[-1], str))
    for file, text in subject.chart.files.items():
        if file.startswith("templates/"):
            names.update(name for path in _VALUES_READ.findall(text) for name in path.split("."))
    return {name for name in names if len(name) > 2}


@rule(
    "disclosure/defaults-fail",
    default=MUST,
    needs={RESULTS},
    enforces=(
        require(r"defaults?\b.*\bworking (deployment|install)|works? (out of the box|with(out)? (the )?defaults?)"),
        require(r"\b(deploy|install)\w*\b.*\b(default values|minimal (user )?input|out of the box)"),
        require(
            r"\b(launch|start|come up|render|run)\w*\b.{0,20}\bwith (the |its )?default(s\b| values\b| configuration\b)"
        ),
        require(r"\b(deploy|install)\w*\b.*\bwithout (changing|setting|editing|overriding|any)\b.*\bvalues?\b"),
        forbid(r"(understand|read|know) the (entire|whole|full) values"),
    ),
    urgency=Urgency.BROKEN,
)
def defaults_fail(subject: Subject) -> Iterator[Violation]:
    """Chart deploys nothing with its default values.

    Why: Users first try the chart with its defaults; it should work, or name the value that it needs.
    Bad:
        {{ required "required!" .Values.database.host }}
    Good:
        {{ required "database.host is required: the host name of the PostgreSQL server" .Values.database.host }}
    Fix: Set defaults that deploy something useful; if only the user can know a value, fail with `required` and a
        message that names it.
    Source: Helm best practices, Values ("Consider how users will use your values")
    """
    defaults = subject.defaults
    if defaults is None:
        raise not_rendered(subject)
    if defaults.status is Status.FAILED:
        raise Unchecked("the defaults do not render, see testing/render-error")
    if defaults.status is Status.NEEDS_INPUT:
        names = _value_names(subject)
        for error in defaults.errors:
            if error.kind is FailureKind.SCHEMA or names_a_value(error.text, names):
                continue
            text = " ".join(error.text.split())
            yield Violation(
                f'default values need input, but the message names no value: "{text}"; name it in the message',
                _place(error),
            )
    elif defaults.status is Status.RENDERED and defaults.rendering is not None and not defaults.rendering.manifests:
        if any(file.startswith("crds/") for file in subject.chart.files):
            return
        at = TextPlace("values.yaml") if subject.chart.values is not None else TextPlace("Chart.yaml")
        yield Violation(
            "default values render no objects: helm install creates nothing; enable the main workload by default", at
        )


def _place(error: HelmMessage) -> TextPlace | None:
    if error.file is None:
        return None
    if error.line is None:
        return TextPlace(error.file)
    column = error.column or 1
    return TextPlace(error.file, Span(error.line, column, error.line, column + 1))


# A whole value that asks to be replaced.
_WHOLE = LazyPattern(
    r"(?:change|replace|fill)[-_ ]?(?:me|it|this|in)\b.*|to[-_ ]?be[-_ ]?(?:replaced|changed|set|defined|done)"
    r"|placeholder|x{3,}|<[a-z][\w .:/-]+>|your[-_ ][\w.-]+(?: here)?|(?:insert|put|enter|set)[-_ ].*[-_ ]here",
    re.IGNORECASE,
)
_NOT_YET = LazyPattern(r"(?:TODO|FIXME|TBD)\b.*")
_NO_PLACEHOLDER = frozenset({"<none>", "<nil>", "<null>", "<unset>", "<default>", "<no value>"})
# The same within a longer value.
_PART = LazyPattern(
    r"(?<![A-Za-z])(?i:change[-_]?me|changeit)(?![A-Za-z])|<(?i:your|insert|replace|put|enter|change)[^<>\n]*>"
    r"|\b(?:YOUR|INSERT|REPLACE|CHANGE)[-_][A-Z][A-Z_-]*\b"
    r"|(?<![\w-])\.?(?:[\w*-]+\.)*(?:example\.(?:com|org|net)|chart-example\.local)(?![\w-]|\.\w)"
)
_ASKING = (
    *("change", "replace", "fill", "to", "placeholder", "xxx", "<", "your", "insert", "put", "enter", "set"),
    *("fixme", "tbd"),
)
"""Beginnings of placeholders."""
_ASKING_WITHIN = ("change", "<your", "<insert", "<replace", "<put", "<enter", "your", "insert", "replace", "example")
"""Parts of placeholders within a longer value."""
_TEMPLATE_ACTION = LazyPattern(r"\{\{.*?\}\}")
_COMMENT = LazyPattern(r"\s*(?:#|//|;|--\s|\*\s|<!--)")
_KEYS_OF_LABELS = frozenset(
    {"topologyKey", "matchExpressions", "tolerations", "finalizers", "apiGroups", "apiGroup", "apiVersion"}
)


class _Placeholder(NamedTuple):
    """A values key whose default asks to be replaced. ``piece`` is the text that a rendered object would show."""

    view: View
    word: str
    piece: str


def _placeholder(text: str, path: Path, values: View) -> _Placeholder | None:
    stripped = text.strip()
    lower = stripped.lower()
    if "\n" not in stripped and lower.startswith(_ASKING):
        whole = _WHOLE.fullmatch(stripped) or _NOT_YET.fullmatch(stripped)
        if whole is not None and lower not in _NO_PLACEHOLDER and "{{" not in stripped:
            return _Placeholder(values.get(*path), stripped, stripped)
    if not any(word in lower for word in _ASKING_WITHIN):
        return None
    for line in stripped.split("\n"):
        if _COMMENT.match(line):
            continue
        for piece in _TEMPLATE_ACTION.split(line):
            match = _PART.search(piece)
            if match is not None and " #" not in piece[: match.start()]:
                return _Placeholder(values.get(*path), match.group(), piece.strip())
    return None


def _rendered_texts(rendering: Rendering) -> Iterator[tuple[str, View]]:
    """Every text of the rendered objects that users fill in; what Secrets encode is decoded."""
    for manifest in rendering.manifests:
        if manifest.kind == "CustomResourceDefinition" or manifest.is_left_out:
            continue
        secret = manifest.kind == "Secret"
        for view in manifest.view.walk():
            text = view.string()
            if not text:
                continue
            if secret and "data" in view.path[:-1]:
                text = _decoded(text)
            yield text, view


def _decoded(text: str) -> str:
    from base64 import b64decode
    from binascii import Error

    try:
        return b64decode(text, validate=True).decode()
    except (Error, ValueError):
        return text


def _shows(text: str, piece: str) -> bool:
    """Whether a rendered text holds the piece by itself: not within a word, not in a comment of a file."""
    start = text.find(piece)
    while start >= 0:
        end = start + len(piece)
        line = text[text.rfind("\n", 0, start) + 1 : start]
        glued = (piece[0].isalnum() and text[start - 1 : start].isalnum()) or (
            piece[-1].isalnum() and text[end : end + 1].isalnum()
        )
        if not glued and not _COMMENT.match(line) and " #" not in line:
            return True
        start = text.find(piece, start + 1)
    return False


@rule(
    "disclosure/placeholder-accepted",
    default=MUST,
    needs={RESULTS, TEMPLATES},
    enforces=(
        require(r"(?<!not )placeholders?\b"),
        require(r"required (user )?inputs?\b.*\b(fail|validat)"),
        forbid(r"\bplaceholders?\b"),
    ),
)
def placeholder_accepted(subject: Subject) -> Iterator[Violation]:
    """Placeholder is deployed as a real value.

    Why: Nobody notices that the value was never replaced: "changeme" becomes the password, example.com the host.
    Bad:
        adminPassword: changeme
    Good:
        # -- Password of the administrator (required)
        adminPassword: ""
        # templates/secret.yaml: {{ required "adminPassword is required" .Values.adminPassword }}
    Fix: Leave the default empty and read it with `required`, or call `fail` while the value is the placeholder.
    Source: Helm documentation, Chart Development Tips and Tricks, "Using the 'required' function"; RFC 2606
    """
    values = subject.chart.values
    if values is None:
        raise NotApplicable("there is no values.yaml")
    if subject.chart.is_library:
        raise not_rendered(subject)
    view = values.document.view
    is_known = any(template.tree for template in subject.templates)  # who reads which value
    found = [
        placeholder
        for path, text in walk(values.document.data)
        if isinstance(text, str)
        and (placeholder := _placeholder(text, path, view)) is not None
        and (not is_known or subject.uses.is_read(_keys_of(path)))
    ]
    if not found:
        return
    defaults = subject.defaults
    if defaults is None or (defaults.rendering is None and defaults.status is not Status.NEEDS_INPUT):
        raise not_rendered(subject)
    if defaults.rendering is None:
        return  # the chart stops: no placeholder gets past it
    texts = list(_rendered_texts(defaults.rendering))
    by_piece: dict[str, list[_Placeholder]] = {}
    for placeholder in found:
        by_piece.setdefault(placeholder.piece, []).append(placeholder)
    shown: dict[str, list[View]] = {piece: [] for piece in by_piece}
    for text, view in texts:
        pieces = [piece for piece in by_piece if piece in text and _shows(text, piece) and not _is_label_key(view)]
        for piece in pieces:
            # "admin:changeme" came of the value that says all of it, not of another that is "changeme".
            if not any(piece in longer and piece != longer for longer in pieces):
                shown[piece].append(view)
    for piece, placeholders in by_piece.items():
        if shown[piece]:
            yield from _accepted(placeholders, shown[piece], defaults.rendering)


def _keys_of(path: Path) -> tuple[str, ...]:
    """The keys that lead to a value, up to the first list."""
    keys: list[str] = []
    for step in path:
        if isinstance(step, int):
            break
        keys.append(step)
    return tuple(keys)


def _is_label_key(view: View) -> bool:
    """Whether a rendered text is a name in a domain (``example.com/role``), as API groups and label keys are."""
    return any(step in _KEYS_OF_LABELS for step in view.path) and "/" in (view.string() or "/")


def _accepted(placeholders: list[_Placeholder], shown: list[View], rendering: Rendering) -> Iterator[Violation]:
    """One problem for each key that surely gets there; one for all where it can't be told which of several does."""
    pairs = [
        (placeholder, view) for placeholder in placeholders for view in shown if _same_name(placeholder.view, view)
    ]
    if len(placeholders) > 1 and not pairs:
        first, *others = placeholders
        related = tuple(Related(other.view, "has the same placeholder") for other in others)
        yield _violation(first, shown[0], rendering, related)
        return
    taken: set[int] = set()
    for placeholder in placeholders:
        places = [view for one, view in pairs if one is placeholder] if pairs else shown
        if places:
            # Two keys with one placeholder are in two places: the first that no other key has taken.
            view = next((view for view in places if id(view) not in taken), places[0])
            taken.add(id(view))
            yield _violation(placeholder, view, rendering)


def _same_name(value: View, rendered: View) -> bool:
    """Whether the rendered field goes by the value's name, or stands in an object that does."""
    name = plain_key(str(value.path[-1]))
    if len(name) < 4:
        return False
    names = [plain_key(str(step)) for step in rendered.path]
    sibling = rendered.document.view.get(*rendered.path[:-1], "name").string()
    return any(name in other for other in (*names, plain_key(sibling or "")))


def _violation(
    placeholder: _Placeholder, rendered: View, rendering: Rendering, related: tuple[Related, ...] = ()
) -> Violation:
    manifest = rendering.object_of(rendered)
    path = dotted(rendered.path[len(manifest.view.path) :]) if manifest is not None else dotted(rendered.path)
    where = f"{path} of {manifest}" if manifest is not None else path
    return Violation(
        f'placeholder "{placeholder.word}" is deployed in {where}; stop with required or fail until it is replaced',
        placeholder.view,
        (*related, Related(rendered, "rendered at")),
    )
