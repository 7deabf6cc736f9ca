"""VII. Security by Default: the privileges of the chart's pods, the secrets they expose, the images they trust."""

from __future__ import annotations

from helm_constitution.api import RuleModule

from .access import default_service_account, missing_service_account, token_mounted
from .host_access import host_namespace, host_path, probe_host, sensitive_mount, volume_type
from .images import latest_tag, no_digest, pull_policy
from .network import no_network_policy, no_tls, ssh_port, weak_tls
from .privileges import (
    capabilities,
    low_user_id,
    privilege_escalation,
    privileged,
    privileged_constraint,
    root_user,
    writable_root,
)
from .profiles import apparmor, no_seccomp, proc_mount, selinux, unsafe_sysctl, windows_host_process
from .registries import foreign_registry
from .roles import cluster_admin, creates_pods, pod_exec, reads_secrets, wildcard_role
from .secrets import secret_env_ref, secret_in_configmap, secret_in_env, secret_in_values
from .secrets_in_templates import secret_in_template
from .settings import security_off
from .signature import unsigned

MODULE = RuleModule(
    key="security",
    title="Security by Default",
    aliases=(r"\bsecur(?:e|ity)\b", r"\bhardening\b", r"\bleast[- ]privilege\b"),
    rules=(
        privileged,
        privileged_constraint,
        privilege_escalation,
        root_user,
        low_user_id,
        capabilities,
        writable_root,
        no_seccomp,
        apparmor,
        selinux,
        proc_mount,
        unsafe_sysctl,
        windows_host_process,
        host_namespace,
        host_path,
        sensitive_mount,
        volume_type,
        probe_host,
        secret_in_values,
        secret_in_template,
        secret_in_configmap,
        secret_in_env,
        secret_env_ref,
        latest_tag,
        no_digest,
        pull_policy,
        foreign_registry,
        token_mounted,
        default_service_account,
        missing_service_account,
        wildcard_role,
        cluster_admin,
        reads_secrets,
        creates_pods,
        pod_exec,
        no_network_policy,
        no_tls,
        weak_tls,
        security_off,
        ssh_port,
        unsigned,
    ),
)
