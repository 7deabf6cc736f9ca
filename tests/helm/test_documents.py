"""Rendered text in documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_constitution.helm import documents
from helm_constitution.helm.protocol import RenderedText


def config_map(name: str, *annotations: str) -> str:
    lines = ["apiVersion: v1", "kind: ConfigMap", "metadata:", f"  name: {name}"]
    if annotations:
        lines += ["  annotations:", *(f"    {annotation}" for annotation in annotations)]
    return "\n".join(lines) + "\n"


def test_output_is_cut_at_helms_own_lines() -> None:
    output = (
        f"---\n# Source: web/templates/b.yaml\n{config_map('b')}---\n# Source: web/templates/a.yaml\n{config_map('a')}"
    )
    assert documents.of_output(output) == (
        RenderedText("web/templates/a.yaml", config_map("a")),
        RenderedText("web/templates/b.yaml", config_map("b")),
    )


def test_a_source_line_in_a_document_is_text() -> None:
    text = (
        "# Source: web/templates/fake.yaml\ndata:\n  script: |\n    ---\n    # Source: web/templates/fake.yaml\n    x\n"
    )
    assert documents.of_output(f"---\n# Source: web/templates/a.yaml\n{text}") == (
        RenderedText("web/templates/a.yaml", text),
    )


def test_output_without_objects_but_with_a_hook() -> None:
    # Helm prints an empty line where the objects would stand.
    assert documents.of_output("\n---\n# Source: web/templates/hook.yaml\nkind: Job\n") == (
        RenderedText("web/templates/hook.yaml", "kind: Job\n"),
    )


@pytest.mark.parametrize("output", ["", "\n"])
def test_no_output(output: str) -> None:
    assert documents.of_output(output) == ()


def test_documents_of_one_source_stay_in_helms_order() -> None:
    output = "".join(
        f"---\n# Source: web/templates/a.yaml\nkind: {kind}\n" for kind in ("Service", "Deployment", "Job")
    )
    assert [text.text for text in documents.of_output(output)] == [
        "kind: Service\n",
        "kind: Deployment\n",
        "kind: Job\n",
    ]


def test_files_are_cut_trimmed_and_put_into_helms_order() -> None:
    files = {
        "web/templates/b.yaml": "---\nkind: Deployment\n---\n\nkind: Service\n---\n# only a comment\n---\n",
        "web/templates/_helpers.yaml": "kind: Never\n",
        "web/templates/NOTES.txt": "Thank you",
        "web/charts/dep/templates/NOTES.txt": "Thank you",
        "web/templates/empty.yaml": "\n  \n",
        "web/charts/dep/templates/a.yaml": "\n\n  kind: ConfigMap\n\n",
    }
    assert [(text.source, text.text) for text in documents.of_files(files)] == [
        ("web/charts/dep/templates/a.yaml", "kind: ConfigMap\n"),
        ("web/templates/b.yaml", "kind: Service\n"),
        ("web/templates/b.yaml", "kind: Deployment\n"),
        ("web/templates/b.yaml", "# only a comment\n"),
    ]


def test_unknown_kinds_come_last_by_name_and_hooks_behind_all() -> None:
    hook = config_map("h", "helm.sh/hook: pre-install, post-upgrade")
    text = "---\n".join([hook, "kind: Zebra\n", "kind: Apple\n", "kind: ValidatingWebhookConfiguration\n"])
    assert [part.text for part in documents.of_files({"web/templates/a.yaml": text})] == [
        "kind: ValidatingWebhookConfiguration\n",
        "kind: Apple\n",
        "kind: Zebra\n",
        hook,
    ]


def test_a_hook_that_helm_does_not_know_is_never_installed() -> None:
    files = {"web/templates/a.yaml": config_map("h", "helm.sh/hook: pre-install,before-lunch")}
    assert documents.of_files(files) == ()


def test_the_word_hook_alone_makes_no_hook() -> None:
    text = "kind: ConfigMap\ndata:\n  doc: |\n    helm.sh/hook: before-lunch\n"
    assert len(documents.of_files({"web/templates/a.yaml": text})) == 1


def test_json_has_a_kind_too() -> None:
    files = {"web/templates/a.yaml": '{"kind": "Deployment"}\n---\n{"kind": "Service"}\n'}
    assert [text.text for text in documents.of_files(files)] == ['{"kind": "Service"}\n', '{"kind": "Deployment"}\n']


def test_debug_output_holds_whole_files_and_the_hooks_once_more() -> None:
    hook = config_map("h", "helm.sh/hook: test")
    output = (
        f"---\n# Source: web/templates/b.yaml\nkind: Service\n---\nx: y: z\n\n"
        f"---\n# Source: web/templates/a.yaml\n{hook}\n"
        f"---\n# Source: web/templates/a.yaml\n{hook}\n"
    )
    assert [(text.source, text.text) for text in documents.of_debug_output(output)] == [
        ("web/templates/a.yaml", hook),
        ("web/templates/b.yaml", "kind: Service\n"),
        ("web/templates/b.yaml", "x: y: z\n"),
    ]


def faults(text: str) -> list[tuple[str, int | None]]:
    found = documents.faults([RenderedText("web/templates/a.yaml", text)])
    assert all(message.file == "templates/a.yaml" for message in found)
    return [(message.text, message.rendered_line) for message in found]


@pytest.mark.parametrize(
    "text",
    [
        config_map("a"),
        config_map("a", "plain: text", 'number: "1"', "bare: 1", "block: |", "  a: {b: c}", "  - d"),
        "# a comment\n",
        "null\n",
        "kind: ConfigMap\nmetadata: {name: a, annotations: {}}\n",
        "kind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n",
        "kind: &k ConfigMap\nmetadata:\n  name: *k\n",
        "spec:\n  schedule: '*/5 * * * *'\n",
        '{"kind": "Deployment", "metadata": {"name": "a"}}\n',
    ],
)
def test_what_helm_reads(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a: b\nx: y: z\n", "rendered text is not YAML: ", 2),
        ("a: [1,\nb: }\n", "rendered text is not YAML: ", 2),
        ("kind: A\nmetadata:\n\tname: a\n", "rendered text is not YAML: ", 3),
        ("kind: A\nmetadata:\n  name: *nowhere\n", "rendered text is not YAML: ", 3),
        ("- a\n", "rendered text is not a Kubernetes object: must be a map, not a list", None),
        ("text\n", "rendered text is not a Kubernetes object: must be a map, not a string", None),
        ("kind: [A]\n", "rendered text is not a Kubernetes object: kind must be a string, not a list", None),
        ("metadata: a\n", "rendered text is not a Kubernetes object: metadata must be a map, not a string", None),
        (
            "metadata: {name: {}}\n",
            "rendered text is not a Kubernetes object: metadata.name must be a string, not a map",
            None,
        ),
        (
            config_map("a", "foo:", "  bar: baz"),
            "rendered text is not a Kubernetes object: metadata.annotations.foo must be a string, not a map",
            None,
        ),
        (
            config_map("a", "foo: [bar]"),
            "rendered text is not a Kubernetes object: metadata.annotations.foo must be a string, not a list",
            None,
        ),
        (
            "kind: A\nmetadata:\n  annotations:\n    - a\n",
            "rendered text is not a Kubernetes object: metadata.annotations must be a map, not a list",
            None,
        ),
    ],
)
def test_what_helm_can_not_read(text: str, words: str, line: int | None) -> None:
    ((found, found_line),) = faults(text)
    assert found.startswith(words)
    assert found_line == line


NAMES = st.from_regex(r"web/(charts/[a-z]{1,3}/)?templates/[a-z]{1,3}\.yaml", fullmatch=True)
LINES = st.text(alphabet=st.sampled_from("ab: -#|\n"), max_size=30).filter(lambda text: "---" not in text)


@given(st.dictionaries(NAMES, LINES.map(str.strip).filter(bool), max_size=4))
def test_whole_output_and_files_agree(files: dict[str, str]) -> None:
    output = "".join(f"---\n# Source: {name}\n{text}\n" for name, text in files.items())
    assert documents.of_output(output) == documents.of_files(files) == documents.of_debug_output(output)
