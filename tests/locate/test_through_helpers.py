"""Values that pass through helpers: a defect planted in one of them is told at its line of values.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.core.model import Precision
from helm_constitution.helm.embedded import EmbeddedEngine
from tests.support import check_chart, write

HELPERS = """{{- define "lib.renderSecurityContext" -}}
{{- $adaptedContext := .secContext -}}
{{- if (((.context.Values.global).compatibility).openshift) -}}
  {{- $adaptedContext = omit $adaptedContext "fsGroup" "runAsUser" "runAsGroup" -}}
{{- end -}}
{{- if not .secContext.seLinuxOptions -}}
  {{- $adaptedContext = omit $adaptedContext "seLinuxOptions" -}}
{{- end -}}
{{- omit $adaptedContext "enabled" | toYaml -}}
{{- end -}}
{{- define "lib.tplvalues.render" -}}
{{- $value := typeIs "string" .value | ternary .value (.value | toYaml) }}
{{- if contains "{{" (toJson .value) }}{{- tpl $value .context }}{{- else }}{{- $value }}{{- end }}
{{- end -}}
{{- define "lib.merged" -}}
{{- $out := dict -}}
{{- range .values -}}{{- $out = merge $out (deepCopy .) -}}{{- end -}}
{{ toYaml $out }}
{{- end -}}
{{- define "lib.overlay" -}}
{{- $base := deepCopy .base -}}
{{- $base = mergeOverwrite $base .over -}}
{{- toYaml $base -}}
{{- end -}}
{{- define "lib.renamed" -}}
{{- dict "privileged" .p "runAsUser" .u | toYaml -}}
{{- end -}}
{{- define "lib.of" -}}
{{- toYaml .securityContext -}}
{{- end -}}
"""
USES = {
    "dict and omit": 'include "lib.renderSecurityContext" (dict "secContext" .Values.sc "context" $)',
    "omit": 'omit .Values.sc "enabled" | toYaml',
    "pick": 'pick .Values.sc "privileged" "runAsUser" | toYaml',
    "rendered by tpl": 'include "lib.tplvalues.render" (dict "value" .Values.sc "context" $)',
    "tpl": "tpl (toYaml .Values.sc) $",
    "merge": "merge (deepCopy .Values.sc) .Values.defaults | toYaml",
    "mergeOverwrite": "mergeOverwrite (deepCopy .Values.defaults) .Values.sc | toYaml",
    "merge in a loop": 'include "lib.merged" (dict "values" (list .Values.sc .Values.defaults))',
    "overlay": 'include "lib.overlay" (dict "base" .Values.defaults "over" .Values.sc)',
    "read back": 'include "lib.of" (dict "securityContext" .Values.sc) | fromYaml | toYaml',
    "read, merged": 'merge (include "lib.of" (dict "securityContext" .Values.sc) | fromYaml) .Values.defaults|toYaml',
    "default": ".Values.sc | default .Values.defaults | toYaml",
    "coalesce": "coalesce .Values.none .Values.sc .Values.defaults | toYaml",
    "index": 'index .Values "sc" | toYaml',
    "get": 'get .Values "sc" | toYaml',
    "renamed": 'include "lib.renamed" (dict "p" .Values.sc.privileged "u" .Values.sc.runAsUser)',
    "a variable": "toYaml $sc",
}
POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
    - name: web
      image: a:1
      {{- $sc := .Values.sc }}
      securityContext: {{- USE | nindent 8 }}
"""
VALUES = """none: {}
defaults:
  readOnlyRootFilesystem: true
  procMount: Default
sc:
  enabled: true
  # the planted ones
  privileged: PRIVILEGED
  runAsUser: USER
"""
LIBRARY = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
DEPENDENCIES = "dependencies:\n  - name: lib\n    version: 1.x.x\n"


@pytest.mark.parametrize("of_library", [False, True])
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    ("rule", "privileged", "user", "line"),
    [("security/privileged", "true", "10001", 8), ("security/root-user", "false", "0", 9)],
)
def test_the_planted_value_is_found(
    tmp_path: Path,
    embedded: EmbeddedEngine,
    use: str,
    of_library: bool,
    rule: str,
    privileged: str,
    user: str,
    line: int,
) -> None:
    helpers = {"charts/lib/Chart.yaml": LIBRARY, "charts/lib/templates/_lib.tpl": HELPERS}
    files = {
        "Chart.yaml": CHART + (DEPENDENCIES if of_library else ""),
        "values.yaml": VALUES.replace("PRIVILEGED", privileged).replace("USER", user),
        "templates/pod.yaml": POD.replace("USE", use),
        **(helpers if of_library else {"templates/_lib.tpl": HELPERS}),
    }
    write(tmp_path, files)
    (found,) = (one for one in check_chart(tmp_path, embedded).singles if one.rule == rule)
    place = found.location
    assert (place.file, place.line, place.precision) == ("values.yaml", line, Precision.EXACT)
