"""Charts that serve requests, and the library: what differs from the base chart."""

from __future__ import annotations

import re

from scripts.starter.texts import DEPLOYMENT, PIECES, README, ROOT, Files, add, edit, read, replaced

BASE = ROOT / "testdata" / "charts" / "base"

CHANGELOG = """\
# Changelog

All notable changes of this chart. The form is that of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/), the
versions are [semantic](https://semver.org/spec/v2.0.0.html).

## [0.1.0]

### Added

- The first version.
"""

OVERLAY = """\
# Azure Kubernetes Service: applications stay off the nodes of the system.
nodeSelector:
  kubernetes.azure.com/mode: user
"""

OVERLAY_TEST = """\
  - it: takes the nodes of a platform
    values:
      - ../platforms/aks.yaml
    asserts:
      - equal:
          path: {pod}.nodeSelector
          value:
            kubernetes.azure.com/mode: user
"""


def deployment() -> Files:
    """A server without a volume, as the base chart is."""
    files = read(BASE)
    files["CHANGELOG.md"] = CHANGELOG
    metadata = re.sub(r"(?m)^version: .*$", "version: 0.1.0", files["Chart.yaml"])
    files["Chart.yaml"] = re.sub(r"(?m)^appVersion: .*$", 'appVersion: "0.1.0"', metadata)
    upgrading = "### To 0.1.0\n\nThe first version: there is nothing to change.\n\n## "
    files[README] = re.sub(r"(?s)### To 1\.0\.0\n.*?\n## ", upgrading, files[README])
    files["platforms/aks.yaml"] = OVERLAY
    files["tests/deployment_test.yaml"] += OVERLAY_TEST.format(pod="spec.template.spec")
    return files


def with_gateway(files: Files) -> Files:
    """An HTTPRoute instead of the Ingress."""
    del files["templates/ingress.yaml"]
    add(files, "gateway", without=("ingress",))
    edit(
        files,
        "ci/full-values.yaml",
        ("ingress:\n", "httpRoute:\n"),
        ("  className: internal\n", ""),
        (
            "  tls:\n    secretName: web-acme-test\n",
            "  gateway:\n    name: internal\n    namespace: gateways\n    listener: https\n",
        ),
    )
    edit(files, "templates/NOTES.txt", (".Values.ingress.", ".Values.httpRoute."))
    edit(
        files,
        README,
        ("give a host name and the secret with its certificate:", "give a host name and the Gateway that takes it:"),
        ("ingress.enabled=true", "httpRoute.enabled=true"),
        ("ingress.host=", "httpRoute.host="),
        ("ingress.tls.secretName=web-acme-test", "httpRoute.gateway.name=internal"),
        ("The ingress answers 503", "The Gateway answers 503"),
        (
            "- **Other pods can't",
            (
                "- **The Gateway answers 404**: it did not take the route. `kubectl describe httproute` tells why.\n"
                "- **Other pods can't"
            ),
        ),
    )
    return files


def statefulset() -> Files:
    """A server with a volume for each pod."""
    files = deployment()
    stateless, stateful = "A stateless HTTP server with probes", "An HTTP server with a volume for each pod, probes"
    edit(files, "Chart.yaml", (stateless, stateful))
    add(files, "statefulset", without=("strategy",))
    files["templates/statefulset.yaml"] = replaced(
        files.pop(DEPLOYMENT),
        ("kind: Deployment", "kind: StatefulSet"),
        ("  strategy:\n", "  updateStrategy:\n"),
        (".Values.strategy", ".Values.updateStrategy"),
        (
            "  selector:\n",
            (
                '  serviceName: {{ include "web.headlessName" . }}\n'
                "  podManagementPolicy: {{ .Values.podManagementPolicy }}\n"
                "  persistentVolumeClaimRetentionPolicy:\n"
                "    whenDeleted: {{ .Values.persistence.retention.whenDeleted }}\n"
                "    whenScaled: {{ .Values.persistence.retention.whenScaled }}\n"
                "  selector:\n"
            ),
        ),
        ("              mountPath: /tmp\n", "              mountPath: /tmp\n" + _VOLUME_MOUNT),
    )
    files["templates/statefulset.yaml"] += _CLAIMS
    edit(files, "templates/_helpers.tpl", *shorter("pods"))
    files["templates/_helpers.tpl"] += _HEADLESS
    edit(files, "templates/hpa.yaml", ("kind: Deployment", "kind: StatefulSet"))
    files["tests/statefulset_test.yaml"] = files.pop("tests/deployment_test.yaml").replace("deployment", "statefulset")
    edit(files, "ci/full-values.yaml", ("autoscaling:\n", "persistence:\n  storageClassName: fast\nautoscaling:\n"))
    edit(
        files,
        README,
        (
            f"{stateless}, autoscaling and a network policy. It needs Kubernetes 1.27 or later and Helm 3.8\nor later.",
            f"{stateful}, autoscaling and a network policy. It needs Kubernetes 1.27 or\nlater and Helm 3.8 or later.",
        ),
        (
            "Remove everything with `helm uninstall my-web`.",
            (
                "Remove it with `helm uninstall my-web`. The volumes stay unless "
                "`persistence.retention.whenDeleted` is\n"
                "`Delete`: `kubectl delete pvc --selector app.kubernetes.io/instance=my-web` removes them."
            ),
        ),
        (
            "- **Pods restart**",
            (
                "- **Pods stay `Pending` with an unbound claim**: no storage class makes the volume. "
                "`kubectl get pvc` tells\n"
                "  which; set `persistence.storageClassName` when you install, a claim can't be changed later.\n"
                "- **Pods restart**"
            ),
        ),
    )
    return files


_VOLUME_MOUNT = "            - name: data\n              mountPath: /data\n"


_CLAIMS = """\
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "web.selectorLabels" . | nindent 10 }}
      spec:
        accessModes:
          {{- toYaml .Values.persistence.accessModes | nindent 10 }}
        {{- with .Values.persistence.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests:
            storage: {{ .Values.persistence.size }}
"""


_HEADLESS = """
{{/* The name of the service that gives each pod a name in DNS. */}}
{{- define "web.headlessName" -}}
{{- printf "%s-headless" (include "web.fullname" .) }}
{{- end }}
"""


def shorter(what: str) -> tuple[tuple[str, str], ...]:
    """Names with room for what Kubernetes adds to those of pods and runs: 52 characters are left."""
    comment = "the release's name with the chart's, or the override. */}}"
    return (
        (comment, comment.replace(" */}}", f"\n    It has room for what the names of {what} add. */}}}}")),
        (".Values.fullnameOverride | trunc 63 |", ".Values.fullnameOverride | trunc 52 |"),
    )


def library() -> Files:
    """Named templates for other charts."""
    files = deployment()
    helpers = files["templates/_helpers.tpl"]
    kept = {path: files[path] for path in (".helmignore", "CHANGELOG.md", "Chart.yaml")}
    kept["templates/_helpers.tpl"] = replaced(
        helpers[: helpers.index("\n{{/* The name of the pods' service account")],
        ("select the server's pods, and not those of `helm test`. They", "select the pods. They"),
        ("app.kubernetes.io/component: server\n", ""),
    )
    kept[README] = (PIECES / "library" / README).read_text("utf-8")
    edit(
        kept,
        "Chart.yaml",
        (
            "A stateless HTTP server with probes, autoscaling and a network policy",
            "Named templates for names and labels",
        ),
        ("type: application", "type: library"),
        ('appVersion: "0.1.0"\n', ""),
        ("  - http\n", "  - library\n"),
    )
    return kept
