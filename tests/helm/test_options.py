"""Which requests are refused before helm starts, and the environment that it gets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helm_constitution.core.errors import ConfigurationError
from helm_constitution.helm import options
from helm_constitution.helm.protocol import RenderRequest, SetArgument
from helm_constitution.kubernetes.versions import NEWEST


@pytest.mark.parametrize(
    "file",
    [
        "https://example.com/values.yaml",
        "HTTP://example.com/values.yaml",
        "oci://example.com/values",
    ],
)
def test_values_files_are_not_fetched(file: str) -> None:
    with pytest.raises(ConfigurationError, match="must be a local file"):
        options.check(RenderRequest(values_files=(Path(file),)))


@pytest.mark.parametrize(
    "value",
    [
        "a=https://example.com/x",
        "a=x.txt,b.c=http://example.com/x",
        "a=h\\ttps://example.com/x",
        "a= HTTPS://example.com/x",
    ],
)
def test_set_file_is_not_fetched(value: str) -> None:
    with pytest.raises(ConfigurationError, match="helm would fetch"):
        options.check(RenderRequest(set_arguments=(SetArgument("--set-file", value),)))


def test_addresses_in_other_options_are_text() -> None:
    arguments = tuple(SetArgument(flag, "a=https://example.com") for flag in ("--set", "--set-string", "--set-literal"))
    options.check(RenderRequest(set_arguments=arguments))


def test_a_missing_values_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options.check(RenderRequest(values_files=(tmp_path / "no.yaml",)))
    assert str(caught.value) == f"{tmp_path / 'no.yaml'}: no such values file"


@pytest.mark.parametrize(("file", "words"), [("-", "standard input"), (os.devnull, "must be a regular file")])
def test_what_can_be_read_only_once(file: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        options.check(RenderRequest(values_files=(Path(file),)))


@pytest.mark.parametrize(
    ("given", "full"),
    [
        (None, "v1.36.0"),
        ("1.29", "v1.29.0"),
        ("v1.29.3", "v1.29.3"),
        ("1.29.3+k3s1", "v1.29.3+k3s1"),
        ("v1.28.7-gke.1026000", "v1.28.7-gke.1026000"),
    ],
)
def test_kubernetes_versions_in_full(given: str | None, full: str) -> None:
    assert options.kube_version(RenderRequest(kube_version=given)) == full


@pytest.mark.parametrize("given", ["", "latest", "1", "1.2.3.4", "v1.x"])
def test_no_kubernetes_version(given: str) -> None:
    with pytest.raises(ConfigurationError, match="not a Kubernetes version"):
        options.check(RenderRequest(kube_version=given))


def test_helm_gets_no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HELM_DEBUG", "HELM_DRIVER", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NO_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("HOME", "/home/theirs")
    environment = options.environment(("EXTRA=a=b",), 1 << 30)
    assert not {"HELM_DEBUG", "HELM_DRIVER", "KUBERNETES_SERVICE_HOST", "NO_PROXY"} & set(environment)
    assert environment["KUBECONFIG"] == os.devnull
    assert environment["HELM_NO_PLUGINS"] == "1"
    assert {environment[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy")} == {options.DEAD_PROXY}
    assert environment["HOME"] == "/home/theirs"
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["EXTRA"] == "a=b"


def test_a_kubernetes_version_that_cannot_be_out_yet_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ConfigurationError, match=rf"--kube-version 1\.99 must be between 1\.0 and 1\.{NEWEST}$"):
        options.kube_version(RenderRequest(kube_version="1.99"))
    assert options.kube_version(RenderRequest(kube_version=f"1.{NEWEST + 1}")) == f"v1.{NEWEST + 1}.0"


@pytest.mark.parametrize("name", ["", "a\x01b", "a\nb", "A_B", "a.b", "-a", "a-", "n" * 64])
def test_a_namespace_that_kubernetes_refuses(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^--namespace .* must consist of lower-case letters") as caught:
        options.check(RenderRequest(namespace=name))
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["a", "0", "kube-system", "n" * 63])
def test_a_namespace_that_kubernetes_takes(name: str) -> None:
    options.check(RenderRequest(namespace=name))
    assert RenderRequest(namespace=name).namespace == name
