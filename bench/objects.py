"""Times all rules over a thousand rendered objects: servers with what goes with each, every third without much care.

``python -m bench.objects`` prints CPU time, in milliseconds: of reading the objects' YAML, of all rules, and of the
slowest rules one by one. Each run reads the objects anew; the first one, in which regular expressions are compiled, is
shown apart from the median of the later ones.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import NamedTuple

from bench.bytecode import compiled, require
from helm_constitution.core.model import RuleSetting, Severity
from helm_constitution.lint import registry
from helm_constitution.lint.runner import run_rule
from scripts.parity import bound, checked_chart, rendering_of

OBJECTS = 1000
AIM = "aim 500 ms"


class Run(NamedTuple):
    """CPU seconds of one run: of reading, of all rules, of each rule; how many objects and problems there were."""

    reading: float
    judging: float
    rules: dict[str, float]
    objects: int
    problems: int


def manifests(servers: int) -> str:
    """The manifests of so many servers, eight objects each."""
    careful, careless = CAREFUL + AROUND, CARELESS + AROUND
    return "".join(
        (careless if number % 3 == 2 else careful).replace("<n>", f"server{number}") for number in range(servers)
    )


def once(text: str) -> Run:
    """Reads the objects and runs every rule."""
    begin = process_time()
    checked = checked_chart(text, "objects.yaml", tests_count=False)
    reading = process_time() - begin
    objects = len(rendering_of(checked).manifests)
    taken: dict[str, float] = {}
    problems = 0
    for rule in registry.rules():
        begin = process_time()
        run = run_rule(rule, RuleSetting(Severity.WARNING, (), bound(rule, {})), checked)
        taken[rule.id] = process_time() - begin
        if run.crash is not None:
            raise RuntimeError(run.crash.message)
        problems += len(run.violations)
    return Run(reading, sum(taken.values()), taken, objects, problems)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures in a process of its own, prints; the exit status is 0."""
    parser = argparse.ArgumentParser(prog="bench.objects", description=__doc__.split("\n\n")[0])
    parser.add_argument("--runs", type=int, default=5, help="how often the objects are read and judged again (5)")
    parser.add_argument("--rules", type=int, default=8, help="how many of the slowest rules are shown (8)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not options.here:
        return _in_a_process(options.runs, options.rules)
    require()
    text = manifests(OBJECTS // 8)
    gc.disable()  # as the program does
    first = once(text)
    later = []
    for _ in range(options.runs):
        gc.collect()
        later.append(once(text))
    reading = statistics.median(run.reading for run in later)
    judging = statistics.median(run.judging for run in later)
    print(
        f"{first.objects} objects, {len(first.rules)} rules, {first.problems} problems; CPU time\n"
        f"  rules {judging * 1000:6.0f} ms (first run {first.judging * 1000:.0f}; {AIM}),"
        f" reading the objects {reading * 1000:.0f} ms"
    )
    median = {rule: statistics.median(run.rules[rule] for run in later) for rule in first.rules}
    for rule in sorted(median, key=median.__getitem__, reverse=True)[: options.rules]:
        print(f"    {rule:40}{median[rule] * 1000:7.1f} ms")
    return 0


def _in_a_process(runs: int, rules: int) -> int:
    """Measures where everything is compiled: the first run of the two does that for other people's modules."""
    with tempfile.TemporaryDirectory() as temporary:
        environment = compiled(Path(temporary), os.environ)
        command = [sys.executable, "-m", "bench.objects", "--here"]
        subprocess.run([*command, "--runs=1"], env=environment, check=True, stdout=subprocess.DEVNULL)
        sys.stdout.flush()
        return subprocess.run([*command, f"--runs={runs}", f"--rules={rules}"], env=environment, check=False).returncode


CAREFUL = """---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-name-<n>
  labels: &labels
    helm.sh/chart: shop-1.2.3
    app.kubernetes.io/name: <n>
    app.kubernetes.io/instance: release-name
    app.kubernetes.io/version: "4.5.6"
    app.kubernetes.io/managed-by: Helm
spec:
  selector:
    matchLabels: &selector
      app.kubernetes.io/name: <n>
      app.kubernetes.io/instance: release-name
  template:
    metadata:
      labels: *selector
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: release-name-<n>
      automountServiceAccountToken: false
      nodeSelector:
        kubernetes.io/os: linux
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      initContainers:
        - name: migrate
          image: registry.acme.test/<n>/migrate:4.5.6
          command: [/bin/migrate, --to, "4.5.6"]
          securityContext: &security
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          resources: &resources
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1", memory: 256Mi}
      containers:
        - name: server
          image: registry.acme.test/<n>/server:4.5.6
          imagePullPolicy: Always
          args: [--listen=:8080, --log-format=json, --database=postgres://db.acme.test:5432/<n>]
          ports:
            - {name: http, containerPort: 8080, protocol: TCP}
            - {name: metrics, containerPort: 9090, protocol: TCP}
          env:
            - {name: LOG_LEVEL, value: info}
            - {name: CACHE_SIZE, value: "1024"}
            - name: DATABASE_PASSWORD
              valueFrom:
                secretKeyRef: {name: shop-database, key: password, optional: true}
          startupProbe: {httpGet: {path: /started, port: http}, failureThreshold: 30}
          livenessProbe: {httpGet: {path: /live, port: http}}
          readinessProbe: {httpGet: {path: /ready, port: http}}
          securityContext: *security
          resources: *resources
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: tmp
          emptyDir: {}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels: *selector
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: *selector
"""
CARELESS = """---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-name-<n>
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: <n>
      app.kubernetes.io/instance: release-name
  template:
    metadata:
      labels:
        app.kubernetes.io/name: <n>
        app.kubernetes.io/instance: release-name
    spec:
      containers:
        - name: server
          image: registry.acme.test/<n>/server
          ports:
            - {name: http, containerPort: 80}
            - {name: metrics, containerPort: 9090}
          env:
            - {name: LOG_LEVEL, value: info}
        - name: sidecar
          image: registry.acme.test/<n>/sidecar:latest
"""
AROUND = """---
apiVersion: v1
kind: Service
metadata:
  name: release-name-<n>
  labels: &labels
    helm.sh/chart: shop-1.2.3
    app.kubernetes.io/name: <n>
    app.kubernetes.io/instance: release-name
    app.kubernetes.io/version: "4.5.6"
    app.kubernetes.io/managed-by: Helm
spec:
  selector:
    app.kubernetes.io/name: <n>
    app.kubernetes.io/instance: release-name
  ports:
    - {name: http, port: 80, targetPort: http}
    - {name: metrics, port: 9090, targetPort: metrics}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: release-name-<n>
automountServiceAccountToken: false
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: release-name-<n>
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: <n>
  ingress:
    - ports: [{port: http}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: release-name-<n>
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: <n>
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: release-name-<n>
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: release-name-<n>}
  minReplicas: 2
  maxReplicas: 5
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: release-name-<n>
spec:
  ingressClassName: nginx
  tls: [{hosts: [<n>.acme.test], secretName: <n>-tls}]
  rules:
    - host: <n>.acme.test
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: release-name-<n>, port: {name: http}}}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: release-name-<n>
data:
  server.yaml: |
    listen: :8080
    log:
      level: info
      format: json
    database:
      host: db.acme.test
      passwordFile: /run/secrets/database
    tls:
      minVersion: TLSv1.2
"""


if __name__ == "__main__":
    sys.exit(main())
