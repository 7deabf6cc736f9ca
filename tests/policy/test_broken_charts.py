"""A chart that breaks every statement of a constitution: each is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from helm_constitution.check.options import CheckOptions
from helm_constitution.helm.cli import CliEngine
from helm_constitution.lint import registry
from helm_constitution.policy.constitution import load_constitution
from helm_constitution.policy.rule_selection import match
from tests.support import check_chart, write

BROKEN = {
    "web/Chart.yaml": """
        apiVersion: v1
        name: web
        version: 0.1.0
        kubeVersion: ">=1.20.0-0"
        """,
    "web/values.yaml": """
        replicaCount: 1
        neverRead: 1
        image: nginx:latest
        password: hunter2hunter2
        """,
    "web/templates/web.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: shop
        spec:
          replicas: {{ .Values.replicaCount }}
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              hostNetwork: true
              hostPID: true
              containers:
                - name: web
                  image: {{ .Values.image }}
                  env:
                    - {name: PASSWORD, value: {{ .Values.password }}}
                  securityContext: {privileged: true}
                  resources: {limits: {memory: 8Gi}}
                  volumeMounts: [{name: host, mountPath: /host}]
                - {name: beside, image: {{ .Values.image }}}
              volumes: [{name: host, hostPath: {path: /srv}}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
        """,
}
DOCUMENTS = {
    "sentences": """
        # C

        ## Security

        Containers MUST NOT be privileged and MUST drop all Linux capabilities.
        Host networking, host PID and hostPath volumes are forbidden. Never use latest.
        Pods MUST run as non-root. No credentials in values files.
        Images MUST be pulled from registry.acme.test only.

        ## Operations

        Probes are required. Deployments MUST run at least 3 replicas.
        """,
    "details": """
        # C

        ## Requirements

        - Memory limits MUST NOT exceed 512Mi.
        - CPU limits are mandatory for all containers.
        - Services MUST be of type ClusterIP.
        - Every Deployment MUST carry the annotation `acme.test/contact`.
        - Objects MUST carry the standard labels and a label acme.io/team.
        - kubeVersion MUST be at least 1.29.
        - README.md and NOTES.txt are mandatory.
        """,
    "lists": """
        # C

        ## Do / Don't

        ### Don't

        - Use `hostPath` volumes
        - Hardcode namespaces in templates

        ### Do

        - Use `values.schema.json` for all charts
        - Document all values with comments
        - Set memory and CPU requests

        ## Hardening

        | Field | Mandatory value |
        |---|---|
        | Non-root | `runAsNonRoot: true` |
        | Root file system | `readOnlyRootFilesystem: true` |
        """,
    "labels": """
        # C

        ## Policy

        - **No Blind Spots**: Every app must have liveness and readiness probes.
        - **DEFAULT DENY:** No pod is allowed to run without CPU limits.
        - **[K8S-1] Isolation**
          - Workloads MUST NOT share the host network.
        - ❌ Use the `latest` tag

        ## Red Lines

        - Missing NOTES.txt
        """,
    "refusals": """
        # C

        ## Admission

        ✅ **Deny Privileged Containers** - they can escape to the host
        ✅ **Block Host Network/PID/IPC** - pods keep apart from the node
        ✅ **Require Probes** - liveness and readiness

        ## Pods

        **Disable privilege escalation:**

        - `runAsNonRoot: true` on every pod
        - Set `automountServiceAccountToken: false`
        - Images with the latest tag must be rejected
        - Never skip network policies

        ## Bad practices

        | Practice | Why |
        |---|---|
        | No CPU limits | noisy neighbours |
        | LoadBalancer services | open to the world |
        | Single-replica deployments | no failure is survived |
        """,
    "checklist": """
        # C

        ## Checklist

        - [ ] Every chart has a README.
        - [ ] Passwords are not kept in values.
        - [ ] Containers run as non-root, with read-only root file systems.
        - [ ] hostPath volumes are not used.

        ## Secrets

        Never hardcode passwords in values:

        - Reference existing secrets via `secretKeyRef`
        """,
    "fields": """
        # C

        ## Metadata

        Chart.yaml MUST include:
        - description
        - home
        - maintainers
        - appVersion

        ## Values

        Every value MUST be read by a template. Charts MUST NOT use Helm 2.
        """,
    "rules for agents": """
        # Kubernetes rules

        ## Never generate

        - `privileged: true`
        - `hostNetwork: true` / `hostPID: true`
        - `image: myapp:latest` — always pin to a digest or explicit tag
        - Missing `readinessProbe` on any container

        ## Validation criteria

        - [ ] **[VAL-RES-01]** Resources are defined.
        - [ ] **[VAL-PRB-01]** Probes are defined.

        ## Anti-patterns

        - Flag any hardcoded namespace in templates.
        """,
    "tables and examples": """
        # Workloads

        ## Probes

        | Probe | For | Note |
        |---|---|---|
        | readinessProbe | Remove the pod from its Service | MUST define; keep it cheap |
        | livenessProbe | Restart a stuck container | SHOULD define |

        ## Pods

        Every container MUST declare CPU and memory requests (for scheduling).
        Containers MUST be hardened (for example `allowPrivilegeEscalation: false`).
        Policy checks: reject `:latest`.
        `hostNetwork` MUST be false.

        - _References_:
          - Kubernetes Pod Security Standards
        """,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_statement_is_told(name: str, tmp_path: Path, cli4: CliEngine) -> None:
    root = write(tmp_path, {**BROKEN, "constitution.md": DOCUMENTS[name]})
    file = root / "constitution.md"
    report = check_chart(root / "web", cli4, CheckOptions(constitution=file))
    told = {finding.rule for finding in report.singles}
    document = load_constitution(root / "web", file)
    found = match(document, registry.modules())
    silent = [
        statement.text
        for principle, statement in document.statements
        if not told & {rule.id for rule in found.of(principle, statement)}
    ]
    assert silent == (["No Blind Spots"] if name == "labels" else [])
