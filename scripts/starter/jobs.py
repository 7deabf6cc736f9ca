"""Charts that run a job: what differs from the base chart."""

from __future__ import annotations

from scripts.starter.servers import OVERLAY_TEST, deployment, shorter
from scripts.starter.texts import DEPLOYMENT, README, SCHEMA, VALUES, Files, add, deeper, edit, replaced

SERVES = [
    "replicaCount",
    "strategy",
    "containerPort",
    "startupProbe",
    "livenessProbe",
    "readinessProbe",
    "topologySpread",
    "service",
    "ingress",
    "autoscaling",
    "disruptionBudget",
    "metrics",
    "test",
]
"""The values of a server, which a job has not."""


NO_SERVER = [
    "templates/hpa.yaml",
    "templates/ingress.yaml",
    "templates/pdb.yaml",
    "templates/service.yaml",
    "templates/servicemonitor.yaml",
    "templates/tests/connection-pod.yaml",
    "templates/deployment.yaml",
    "tests/deployment_test.yaml",
]


def job() -> Files:
    """A job that runs on each install and upgrade."""
    files = deployment()
    template, container = _job_template(files[DEPLOYMENT])
    for path in NO_SERVER:
        del files[path]
    add(files, "job", without=SERVES)
    edit(files, "Chart.yaml", ("A stateless HTTP server with probes, autoscaling and", "A job with a deadline and"))
    edit(files, VALUES, *_JOB_VALUES)
    edit(files, VALUES, ("server", "job"))
    edit(
        files,
        SCHEMA,
        (files[SCHEMA][files[SCHEMA].index(',\n  "definitions"') :], "\n}\n"),
        ('        "from": {"type": "array", "items": {"type": "object"}},\n', ""),
    )
    edit(files, "templates/networkpolicy.yaml", *_JOB_NETWORK)
    edit(files, "templates/_helpers.tpl", *_JOB_HELPERS)
    files["templates/_helpers.tpl"] += container
    files["templates/job.yaml"] = _JOB_HEAD + template
    files["tests/job_test.yaml"] += OVERLAY_TEST.format(pod="spec.template.spec")
    return files


def _job_template(deployment: str) -> tuple[str, str]:
    """What a run has, its pod's template of the Deployment's; and the named template of what containers share."""
    template = deployment[deployment.index("  template:\n") : deployment.index("      topologySpreadConstraints:")]
    probes = template[template.index("          startupProbe:\n") : template.index("          resources:\n")]
    ports = template[template.index("          ports:\n") : template.index("          env:\n")]
    port = template[template.index("            - name: PORT\n") : template.index("            - name: LOG_LEVEL\n")]
    pod = template[template.index("      imagePullSecrets:\n") : template.index("      containers:\n")]
    image = template[template.index("          image:") : template.index("          ports:\n")]
    resources = template[template.index("          resources:\n") : template.index("          volumeMounts:\n")]
    shared = '          {{- include "web.container" . | nindent 10 }}\n'
    args = "          args:\n            {{- toYaml .Values.job.args | nindent 12 }}\n"
    limits = "".join(f"  {limit}: {{{{ .Values.job.{limit} }}}}\n" for limit in _JOB_LIMITS)
    kept = replaced(
        template,
        (probes, ""),
        (resources, ""),
        (ports, args),
        (image, shared),
        (port, ""),
        *_NEVER,
        (pod, '      {{- include "web.pod" . | nindent 6 }}\n'),
    )
    return limits + kept, _SHARED.format(deeper(pod, -6), deeper(image + resources, -10))


_NEVER = (("restartPolicy: Always\n", "restartPolicy: Never\n"),)


_SHARED = """
{{{{/* What the pod of a run and that of `helm test` share. */}}}}
{{{{- define "web.pod" -}}}}
{}{{{{- end }}}}

{{{{/* What the container of a run and that of `helm test` share. */}}}}
{{{{- define "web.container" -}}}}
{}{{{{- end }}}}
"""


_JOB_LIMITS = ("backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")


_JOB_HEAD = """\
apiVersion: batch/v1
kind: Job
metadata:
  # A job can't be changed: each upgrade runs a new one.
  name: {{ include "web.fullname" . }}-{{ .Release.Revision }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
"""


_JOB_VALUES = (
    (
        (
            "  # -- Annotations of the pods; Prometheus finds the metrics by the default ones\n  annotations:\n"
            '    prometheus.io/scrape: "true"\n    prometheus.io/path: /metrics\n    prometheus.io/port: "8080"\n'
        ),
        "  # -- Annotations of the pods\n  annotations: {}\n",
    ),
    ("prefers different Linux nodes", "prefers Linux nodes"),
    ("  # -- Let others reach only the pods' http port\n", "  # -- Let nobody reach the pods\n"),
    ("  # -- Peers that may reach it; all where empty\n  from: []\n", ""),
)


_JOB_NETWORK = (
    (
        (
            "  ingress:\n    - from:\n        {{- toYaml .Values.networkPolicy.from | nindent 8 }}\n"
            "      ports:\n        - port: http\n          protocol: TCP\n"
        ),
        "",
    ),
)


_JOB_HELPERS = (
    *shorter("runs"),
    ("select the server's pods", "select the job's pods"),
    ("component: server", "component: job"),
    ("Linux nodes, each pod on another one if there are enough.", "Linux nodes."),
    (
        (
            "podAntiAffinity:\n  preferredDuringSchedulingIgnoredDuringExecution:\n    - weight: 100\n"
            "      podAffinityTerm:\n        topologyKey: kubernetes.io/hostname\n        labelSelector:\n"
            '          matchLabels:\n            {{- include "web.selectorLabels" . | nindent 12 }}\n'
        ),
        "",
    ),
)


def cronjob() -> Files:
    """A job that runs on a schedule."""
    files = job()
    # The limits of the history say how long runs are kept.
    kept = "  ttlSecondsAfterFinished: {{ .Values.job.ttlSecondsAfterFinished }}\n"
    spec = replaced(files.pop("templates/job.yaml").removeprefix(_JOB_HEAD), (kept, ""))
    comment = "  # -- Seconds that a finished run and its pods are kept\n"
    edit(files, VALUES, (f"{comment}  ttlSecondsAfterFinished: 86400\n", ""))
    edit(files, SCHEMA, (',\n        "ttlSecondsAfterFinished": {"type": "integer", "minimum": 0}', ""))
    add(files, "cronjob")
    limits = [
        "schedule",
        "timeZone",
        "suspend",
        "concurrencyPolicy",
        "startingDeadlineSeconds",
        "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit",
    ]
    quoted = ("schedule", "timeZone")
    head = replaced(
        _JOB_HEAD,
        ("kind: Job", "kind: CronJob"),
        ("  # A job can't be changed: each upgrade runs a new one.\n", ""),
        ("-{{ .Release.Revision }}", ""),
    )
    head += "".join(f"  {one}: {{{{ .Values.cronJob.{one}{' | quote' * (one in quoted)} }}}}\n" for one in limits)
    files["templates/cronjob.yaml"] = f"{head}  jobTemplate:\n    spec:\n{deeper(spec, 4)}"
    files["tests/cronjob_test.yaml"] = replaced(
        files.pop("tests/job_test.yaml"),
        ("suite: job", "suite: cronjob"),
        ("templates/job", "templates/cronjob"),
        ("path: spec.", "path: spec.jobTemplate.spec."),
    )
    edit(files, "Chart.yaml", ("A job with a deadline and", "A job on a schedule, with a deadline and"))
    edit(
        files,
        "templates/NOTES.txt",
        (
            "runs once in namespace {{ .Release.Namespace }}, and again on each upgrade.",
            (
                'runs as {{ include "web.fullname" . }} in namespace {{ .Release.Namespace }}:\n{{ '
                ".Values.cronJob.schedule }}"
                " ({{ .Values.cronJob.timeZone }}){{ if .Values.cronJob.suspend }}, suspended for now{{ end }}."
            ),
        ),
        ("Read what it says with:", "Run it now, and read what it says:"),
        (
            "  kubectl --namespace {{ .Release.Namespace }} logs",
            (
                "  kubectl --namespace {{ .Release.Namespace }} create job"
                ' --from=cronjob/{{ include "web.fullname" . }} now\n'
                "  kubectl --namespace {{ .Release.Namespace }} logs"
            ),
        ),
    )
    edit(files, README, *_CRON_README)
    return files


_CRON_README = (
    (
        (
            "A job that runs once on each install and upgrade, with a deadline and a network policy. "
            "It needs Kubernetes "
            "1.27 or\nlater and Helm 3.8 or later."
        ),
        (
            "A job that runs on a schedule, with a deadline and a network policy. It needs Kubernetes "
            "1.27 or later and "
            "Helm 3.8 or\nlater."
        ),
    ),
    (
        "helm install my-web . --wait-for-jobs\nhelm test my-web\n",
        "helm install my-web .\nhelm test my-web\nkubectl create job --from=cronjob/my-web now\n",
    ),
    ("--set job.backoffLimit=5", "--set cronJob.schedule='0 * * * *'"),
    (
        "- **The job fails with `Back",
        (
            "- **No job starts**: `cronJob.suspend` is true, or a run that "
            "`cronJob.concurrencyPolicy` waits for still\n"
            "  runs. `kubectl get jobs` shows it.\n"
            "- **The job fails with `Back"
        ),
    ),
)
