"""Charts with a defect in each template that the API server alone knows of."""

from __future__ import annotations

from collections.abc import Mapping

_CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"

PLANTED: Mapping[str, str] = {
    "web/Chart.yaml": _CHART,
    "web/values.yaml": """
        service:
          # A port of the service.
          port: 80800
        # When the report is sent.
        schedule: 61 * * * *
        # The most replicas.
        most: 2
        # The proxy's address.
        host: "*.*.example.org"
        """,
    "web/templates/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          selector: {app: web}
          ports:
            - port: {{ .Values.service.port }}
        """,
    "web/templates/cronjob.yaml": """
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: {{ .Release.Name }}-report
        spec:
          schedule: {{ .Values.schedule | quote }}
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - name: report
                      image: report:1.2.3
        """,
    "web/templates/ingress.yaml": """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          rules:
            - host: {{ .Values.host | quote }}
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend:
                      service:
                        name: {{ .Release.Name }}-web
                        port:
                          number: 80
        """,
    "web/templates/autoscaler.yaml": """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          scaleTargetRef:
            apiVersion: apps/v1
            kind: Deployment
            name: {{ .Release.Name }}-web
          minReplicas: 3
          maxReplicas: {{ .Values.most }}
        """,
    "web/templates/budget.yaml": """
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          minAvailable: 1
          maxUnavailable: 1
          selector:
            matchLabels: {app: web}
        """,
    "web/templates/claim.yaml": """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: {{ .Release.Name }}-data
        spec:
          accessModes: [ReadWriteOnce]
          resources:
            requests:
              storage: "0"
        """,
    "web/templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-web
        data:
          a/key: value
        """,
    "web/templates/policy.yaml": """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          podSelector: {}
          ingress:
            - from:
                - ipBlock:
                    cidr: 10.0.0.0/8
                    except:
                      - 192.168.0.0/16
        """,
    "web/templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-web
        spec:
          selector:
            matchLabels: {app: web}
          template:
            metadata:
              labels: {app: web}
            spec:
              containers:
                - name: Web
                  image: web:1.2.3
                  resources:
                    requests:
                      memory: 2Gi
                    limits:
                      memory: 1Gi
                  volumeMounts:
                    - name: data
                      mountPath: /data
                    - name: data
                      mountPath: /data
              volumes:
                - name: data
                  emptyDir: {}
        """,
    "web/templates/role.yaml": """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: {{ .Release.Name }}-web
        rules:
          - apiGroups: [""]
            resources: [configmaps]
            verbs: []
        """,
    "web/templates/certificate.yaml": """
        apiVersion: v1
        kind: Secret
        metadata:
          name: {{ .Release.Name }}-web
          annotations:
            helm.sh/hook: pre-install
        type: kubernetes.io/tls
        stringData:
          tls.crt: none
        """,
}
"""A chart in which the server alone finds something wrong, once or more in each template."""

WELL: Mapping[str, str] = {
    "web/Chart.yaml": _CHART,
    "web/values.yaml": "# The greeting.\ngreeting: hello\n",
    "web/templates/config.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {{ .Release.Name }}-web
          namespace: elsewhere
        data:
          greeting: {{ .Values.greeting }}
        """,
    "web/templates/role.yaml": """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: {{ .Release.Name }}-web
        rules:
          - apiGroups: [""]
            resources: [configmaps]
            verbs: [get]
        """,
    "web/templates/job.yaml": """
        apiVersion: batch/v1
        kind: Job
        metadata:
          generateName: {{ .Release.Name }}-job-
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: job
                  image: job:1.2.3
        """,
}
"""A chart that the server accepts: a namespaced object that names another namespace, one of the cluster, and one whose
name the server makes."""
