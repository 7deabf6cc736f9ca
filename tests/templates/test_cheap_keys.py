"""RSA keys, which take helm long, are elliptic ones where nobody reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helm_constitution.helm.protocol import HelmEngine, RenderRequest
from helm_constitution.templates import parse_template
from helm_constitution.templates.cheap_keys import cheap_keys, with_cheap_keys
from tests.support import write


def cheap(text: str) -> str:
    """The text with elliptic keys."""
    return with_cheap_keys(text, tuple(cheap_keys(parse_template("templates/tls.yaml", text)).items()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{{ genPrivateKey "rsa" }}', '{{ genPrivateKey "ecdsa" }}'),
        ('{{- $ca := genCA "ca" 365 -}}', '{{- $ca := genCAWithKey "ca" 365 (genPrivateKey "ecdsa") -}}'),
        ('{{ (genCA "ca" 365).Cert }}', '{{ (genCAWithKey "ca" 365 (genPrivateKey "ecdsa")).Cert }}'),
        (
            '{{ $c := genSignedCert .cn nil (list .cn (include "x" .)) 365 .ca }}',
            '{{ $c := genSignedCertWithKey .cn nil (list .cn (include "x" .)) 365 .ca (genPrivateKey "ecdsa") }}',
        ),
        ("{{ genSelfSignedCert . nil nil 9 }}", '{{ genSelfSignedCertWithKey . nil nil 9 (genPrivateKey "ecdsa") }}'),
    ],
)
def test_what_makes_an_rsa_key_makes_an_elliptic_one(text: str, found: str) -> None:
    assert cheap(text) == found


@pytest.mark.parametrize(
    "text",
    [
        '{{ genPrivateKey "ed25519" }}',
        "{{ genPrivateKey .Values.kind }}",
        '{{ 365 | genCA "ca" }}',
        '{{ genCAWithKey "ca" 365 .Values.key }}',
        'genCA "ca" 365 {{/* genCA "ca" 365 */}}',
        "{{ genCA",
    ],
)
def test_anything_else_stays(text: str) -> None:
    assert cheap(text) == text


def test_a_longer_command_is_another_one() -> None:
    assert cheap('{{ genCA "ca" 36 }}{{ genCA "ca" 365 | toYaml }}') == (
        '{{ genCAWithKey "ca" 36 (genPrivateKey "ecdsa") }}{{ genCAWithKey "ca" 365 (genPrivateKey "ecdsa") | toYaml }}'
    )


CERTIFICATES = """
{{- $ca := genCA "ca" 365 }}
{{- $signed := genSignedCert "web" nil (list "web") 365 $ca }}
{{- $own := genSelfSignedCert "web" nil (list "web") 365 }}
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  ca: {{ $ca.Cert | quote }}
  signed: {{ $signed.Cert | quote }}
  signedKey: {{ $signed.Key | quote }}
  own: {{ $own.Key | quote }}
  key: {{ genPrivateKey "rsa" | quote }}
"""


@pytest.mark.helm
def test_helm_makes_the_keys(tmp_path: Path, engine: HelmEngine) -> None:
    write(
        tmp_path,
        {
            "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            "templates/tls.yaml": cheap(CERTIFICATES),
        },
    )
    output = engine.render(tmp_path, RenderRequest()).result()
    assert output.errors == ()
    assert re.findall(r"(\w+): \"-----BEGIN ([A-Z ]+)-----", output.documents[0].text) == [
        ("ca", "CERTIFICATE"),
        ("signed", "CERTIFICATE"),
        ("signedKey", "EC PRIVATE KEY"),
        ("own", "EC PRIVATE KEY"),
        ("key", "EC PRIVATE KEY"),
    ]
