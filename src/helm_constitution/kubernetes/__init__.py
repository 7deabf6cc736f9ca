"""Objects of Kubernetes: manifests, pod templates, versions, quantities."""
