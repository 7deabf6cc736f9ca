"""What the comment lines of a values file contain: documentation, or something else after a ``#``.

Documentation is helm-docs' ``# --``, helm-schema's ``# @schema`` block, losisin's ``# @schema type:…``, and plain
words. Licence headers, section banners, directives to other tools and commented-out YAML are not documentation.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence

from helm_constitution.core.lazy import LazyPattern
from helm_constitution.core.named_tuples import NamedTuple


class CommentKind(enum.StrEnum):
    """The form of a documenting comment."""

    PLAIN = "plain"
    """Plain words."""
    HELM_DOCS = "helm-docs"
    """helm-docs: ``# -- text``."""
    BITNAMI = "bitnami"
    """Bitnami's readme-generator: ``## @param``."""
    SCHEMA = "schema"
    """A ``# @schema`` block with a description."""


class Note(NamedTuple):
    """The content of a key's comment lines.

    ``kind`` is None if they document nothing; ``default`` is what ``@default --`` shows instead of the value;
    ``hidden`` keys are left out of the documentation on purpose; ``has_example``: there is commented-out YAML, and
    ``example_keys`` are the keys in it where the comment ends in it.
    """

    kind: CommentKind | None
    text: str
    default: str | None
    hidden: bool
    has_example: bool
    example_keys: Collection[str]


# What most lines are, told at once: words that begin with a letter and have no colon.
_WORDS = LazyPattern(r"#+[ \t]*([^\W\d_][^:]*[^:#=*~_+<>|\s-])$")
_KEY = LazyPattern(r"""((?:-\s+)*)(?:"[^"]+"|'[^']+'|[A-Za-z0-9_.$/{}<>-]+)\s*:(?:\s+(.*))?$""")
_LETTERS = LazyPattern(r"[^\W\d_]{2,}")

_FRAME = "#=*~_+<>|-"
"""What banners are framed with."""
_RULE = _FRAME + "./\\ "
"""What rules (####, # ----) are made of."""
_LICENCE = ("spdx-", "copyright ", "licensed under", "all rights reserved", "apache.org/licenses")
_BOILERPLATE = (
    "This is a YAML-formatted file",
    "Declare variables to be passed",
    "Declare name/value pairs to be passed",
)
# Words to other tools, and notes to the maintainers themselves.
_DIRECTIVES = (
    "yamllint ",
    "renovate:",
    "constitution: allow",
    "checkov:",
    "trivy:",
    "kics-scan",
    "nosec",
    "noqa",
    "noinspection",
    "nolint",
    "prettier-ignore",
    "pragma:",
    "gitleaks:",
    "ggignore",
    "x-release-please",
    "yaml-language-server:",
    "vim:",
    "-*-",
    "cspell:",
    "spellchecker:",
    "markdownlint",
    "tfsec:",
    "snyk:",
    "editorconfig-checker",
    "datasource=",
    "endregion",
    "TODO",
    "FIXME",
    "XXX",
    '{"$imagepolicy',
    "+docs:",
    "{{",
)
_TAGS = ("default", "raw", "section", "notationType", "description", "param", "extra", "skip", "ignore")
# What prose begins a line with before a colon: keys are camelCase, environment variables all capitals.
_LEADS = frozenset(
    (
        *("ref", "refs", "see", "note", "nb", "default", "defaults", "example", "examples", "e.g", "eg", "i.e", "ie"),
        *("tip", "warning", "deprecated", "usage", "important", "caution", "ps", "p.s", "http", "https"),
        *("NOTE", "NB", "TIP", "WARNING", "IMPORTANT", "CAUTION", "DEPRECATED", "BREAKING", "REF", "DEFAULT"),
        *("EXAMPLE", "INFO", "NOTES", "TIPS", "WARNINGS", "REFS", "DEFAULTS", "EXAMPLES"),
    )
)
_LEADS_OF_WORDS = frozenset(
    (
        *("options", "possible", "allowed", "valid", "supported", "available", "doc", "docs", "info", "hint", "where"),
        *("optional", "required"),
    )
)
_ANNOUNCING = ("example", "e.g.", "sample", "following")


_SPECIAL = (*_DIRECTIVES, *_BOILERPLATE, "Default values for ")
_NOTHING = Note(None, "", None, False, False, ())


class _Is(enum.Enum):
    """What one line is."""

    NOTHING = enum.auto()
    WORDS = enum.auto()
    YAML = enum.auto()


def understand(lines: Sequence[str], name: str, *, takes_example: bool) -> Note:
    """The content of a key's comment lines.

    Args:
        lines: the lines, each from its ``#`` on, without trailing spaces.
        name: the key; commented-out YAML that names it is an example of it.
        takes_example: whether commented-out YAML of other names may be an example of the key's own value; if not, words
            before it are about what is commented out.
    """
    words = _plain_words(lines)
    if words is not None:
        return Note(CommentKind.PLAIN, "\n".join(words), None, False, False, ()) if words else _NOTHING
    block = _Block()
    for line in lines:
        block.take(line)
    return block.note(name, takes_example)


class Notes:
    """What comments say, for the next reading of the same file: most of them stay as they are."""

    def __init__(self, before: Notes | None = None) -> None:
        self._before = before._now if before is not None else {}
        self._now: dict[tuple[object, ...], Note] = {}

    def understand(self, lines: Sequence[str], name: str, *, takes_example: bool) -> Note:
        """See :func:`understand`."""
        key = (*lines, name, takes_example)
        note = self._now.get(key) or self._before.get(key)
        if note is None:
            note = understand(lines, name, takes_example=takes_example)
        self._now[key] = note
        return note


def _plain_words(lines: Sequence[str]) -> list[str] | None:
    """The lines' words where they are plain prose, as most comments are; None where a closer look is needed."""
    match = _WORDS.match
    words = []
    for line in lines:
        found = match(line)
        if found is not None and not found[1].startswith(_SPECIAL):
            words.append(found[1])
        elif line not in ("#", "##", "###"):
            return None
    return None if _is_licence(words) else words


def is_sentence(lines: Sequence[str]) -> bool:
    """Whether comment lines that a blank line sets apart from their key say something, or are a section's title."""
    note = understand(lines, "", takes_example=False)
    return note.hidden or (note.kind is not None and (note.kind is not CommentKind.PLAIN or _is_sentence(note.text)))


class _Block:
    """Comment lines as they are read one after the other."""

    def __init__(self) -> None:
        self.kind = CommentKind.PLAIN
        self.words: list[str] = []
        self.default: str | None = None
        self.hidden = False
        self.has_example = False
        self.schema: list[str] | None = None  # the lines of a @schema block that is open
        self.schema_words = ""
        self.state = _Is.NOTHING
        self.indent = 0  # of the commented-out YAML that the last lines belong to
        self.example: set[str] = set()  # the keys of the commented-out YAML that ends the comment
        self.example_indent: int | None = None
        self.example_is_keys = False  # whether that YAML stands for keys, not for a list's items
        self.asides: list[str] = []  # what commented-out lines say behind a `#` of their own
        self.framed: int | None = None  # how many words there were when a rule (####) began

    def take(self, line: str) -> None:
        """Reads the next line."""
        body = _body(line)
        text = body.strip()
        if not text.strip(_RULE):
            if len(line.replace(" ", "")) >= 4:
                self._frame()
            elif text.startswith("--"):
                self._describe("")
        elif text.startswith("@schema"):
            self._schema(text.removeprefix("@schema"))
        elif self.schema is not None:
            self.schema.append(text)
        elif text[0] == "@" and text[1:].startswith(_TAGS):
            self._tag(text[1:])
        elif text.startswith(_DIRECTIVES):
            self.hidden = self.hidden or text.startswith(("+docs:hidden", "+docs:ignore"))
        elif text.startswith("--") and text[2] in " \t(":
            self._describe(text[2:].strip())
        elif self.kind is CommentKind.PLAIN and (_is_banner(text) or _is_boilerplate(text)):
            self.state = _Is.NOTHING
        else:
            self._text(text, len(body) - len(body.lstrip()))

    def note(self, name: str, takes_example: bool) -> Note:
        """What the lines say together."""
        words = self.words
        if self.kind is CommentKind.PLAIN and words and _is_licence(words):
            words = []
        ends_in_example = self.example_indent is not None
        about_others = ends_in_example and self.example_is_keys and not takes_example and name not in self.example
        announced = bool(words) and _announces(words[-1])
        words = [] if about_others and not announced else words or self.asides
        kind: CommentKind | None = None
        text = ""
        schema = self.schema_words or "\n".join(self.schema or ())
        if words:
            kind, text = self.kind, "\n".join(words)
        elif schema:
            kind, text = CommentKind.SCHEMA, schema
        example = self.example if ends_in_example else ()
        return Note(kind, text, self.default, self.hidden, self.has_example, example)

    def _describe(self, text: str) -> None:
        """helm-docs' mark: what stands before it doesn't count."""
        if text.startswith("("):
            text = text.partition(")")[2].strip()
        self.kind = CommentKind.HELM_DOCS
        self.words[:] = [text] if text else []
        self.state, self.example_indent = _Is.WORDS, None

    def _tag(self, tag: str) -> None:
        if tag.startswith("ignore"):
            self.hidden = True
        elif tag.startswith("default"):
            self.default = tag.removeprefix("default").strip().removeprefix("--").strip()

    def _schema(self, rest: str) -> None:
        if rest not in ("", ".root"):
            self.schema_words = self.schema_words or rest.strip()
        elif self.schema is None:
            self.schema = []
        else:
            described = (line.partition(":")[2].strip() for line in self.schema if line.startswith("description:"))
            self.schema_words = self.schema_words or next(described, "") or "\n".join(self.schema)
            self.schema = None

    def _frame(self) -> None:
        """At a rule: takes back what it makes a title of, the line above it or what stands between it and the last."""
        self.state = _Is.NOTHING
        words = self.words
        if self.framed is not None:
            if not _is_sentence(" ".join(words[self.framed :])):
                del words[self.framed :]
            self.framed = None
        elif len(words) == 1 and not _is_sentence(words[0]):
            words.clear()
        else:
            self.framed = len(words)

    def _text(self, text: str, column: int) -> None:
        state = _what(text, below_yaml=self.state is _Is.YAML and column > self.indent)
        if state is _Is.YAML:
            self.has_example = True
            _, mark, aside = text.partition(" # ")
            if mark and len(aside.split()) >= 3:
                self.asides.append(aside.strip())
            key = _KEY.match(text)
            if self.example_indent is None or column < self.example_indent:
                self.example_indent, self.example = column, set()
                self.example_is_keys = key is not None and not key[1]
            if key is not None:
                self.example.add(text[len(key[1]) :].partition(":")[0].strip(" \"'"))
            if self.state is not _Is.YAML:
                self.indent = column
        elif state is _Is.WORDS:
            self.words.append(text)
            self.example_indent = None
        self.state = state


def _body(line: str) -> str:
    """A comment line's text with its indentation, without the hashes; a comment may be commented out once more."""
    while True:
        line = line.lstrip("#")
        inner = line.lstrip()
        if not inner.startswith("#"):
            return line
        line = inner


def _what(text: str, *, below_yaml: bool) -> _Is:
    """What one line is. ``below_yaml`` tells that it is indented below a line of YAML."""
    lead, colon, rest = text.partition(":")
    if colon:
        lead = lead.rstrip().removesuffix(".")
        if lead in _LEADS or _is_word(lead) or (lead in _LEADS_OF_WORDS and rest.strip()):
            return _Is.WORDS
        if (key := _KEY.match(text)) is not None:
            return _Is.WORDS if key[2] and _is_plain_text(key[2]) else _Is.YAML
    if text[0] == "-" and (len(text) == 1 or text[1] == " "):
        item = text[1:].strip()
        return _Is.WORDS if item and _is_plain_text(item) and not below_yaml else _Is.YAML
    if below_yaml or text[0] in '{}[]"' or text.startswith(("---", "```")):
        return _Is.YAML
    return _Is.WORDS if _LETTERS.search(text) else _Is.NOTHING


def _is_word(lead: str) -> bool:
    """Whether it is a word with a capital letter, as sentences begin with."""
    return lead[:1].isupper() and lead[1:].islower() and lead.isalpha() and lead.isascii()


def _is_plain_text(text: str) -> bool:
    """Whether a value reads as a sentence and not as YAML."""
    text = text.partition(" #")[0].rstrip()
    return len(text.split()) >= 4 and text[0] not in "\"'[{|>&*!`<" and "{{" not in text


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= 5 or text.endswith(".")


def _is_banner(text: str) -> bool:
    """``--- Title ---``, ``=== Title``, ``Title ####``."""
    left = len(text) - len(text.lstrip(_FRAME))
    right = len(text) - len(text.rstrip(_FRAME))
    return (left >= 3 and (right >= 2 or text[0] != "#")) or (right >= 3 and text[-1] in "#=*~_")


def _is_boilerplate(text: str) -> bool:
    """What ``helm create`` writes above the first key."""
    if text.startswith("Default values for "):
        return " " not in text.removeprefix("Default values for ")
    return text.startswith(_BOILERPLATE)


def _is_licence(words: Sequence[str]) -> bool:
    text = " ".join(words).lower()
    return any(phrase in text for phrase in _LICENCE)


def _announces(text: str) -> bool:
    """Whether the YAML behind these words is an example of what they say."""
    text = text.lower()
    return text.endswith(":") or any(word in text for word in _ANNOUNCING)
