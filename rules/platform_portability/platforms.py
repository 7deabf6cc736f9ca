"""The signs that an object is for one vendor's platform.

Sources: the vendors' documentation of their load balancer, identity, ingress and storage add-ons. Projects that run on
any cluster (the Prometheus operator, cert-manager, Gateway API, Argo, Istio, Traefik, Kong …) are not platforms.
"""

from __future__ import annotations

from functools import lru_cache

from helm_constitution.api import NamedTuple


class Platform(NamedTuple):
    """A vendor's platform.

    ``words`` in a chart's name show that the chart is for this platform. ``domains`` and their subdomains own API
    groups, annotations, labels, storage drivers and controllers. ``keys`` are prefixes of annotations, labels and
    drivers outside these domains, ``volumes`` the volume types and ``ingress_classes`` the classes that only this
    platform has.
    """

    name: str
    words: tuple[str, ...]
    domains: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    ingress_classes: tuple[str, ...] = ()


_LOAD_BALANCER = "service.beta.kubernetes.io/"

PLATFORMS = (
    Platform("OpenShift", ("openshift", "okd"), ("openshift.io",)),
    Platform(
        "AWS",
        ("aws", "eks", "ebs", "efs", "fsx", "cloudwatch", "amazon", "alb", "karpenter"),
        ("amazonaws.com", "k8s.aws", "aws.com"),
        (f"{_LOAD_BALANCER}aws-", "alb.ingress.kubernetes.io/", "kubernetes.io/aws-ebs"),
        ("awsElasticBlockStore",),
        ("alb",),
    ),
    Platform(
        "Google Cloud",
        ("gke", "gcp", "gce", "google", "stackdriver"),
        ("gke.io", "cloud.google.com", "googleapis.com"),
        (
            "gke-gcsfuse/",
            "ingress.gcp.kubernetes.io/",
            "kubernetes.io/gce-pd",
            "kubernetes.io/ingress.global-static-ip-name",
            "kubernetes.io/ingress.regional-static-ip-name",
        ),
        ("gcePersistentDisk",),
        ("gce", "gce-internal"),
    ),
    Platform(
        "Azure",
        ("azure", "aks", "aad"),
        ("azure.com", "azure.io", "azure.workload.identity", "aadpodidentity.k8s.io"),
        (
            f"{_LOAD_BALANCER}azure-",
            "aadpodidbinding",
            "appgw.ingress.kubernetes.io/",
            "kubernetes.io/azure-disk",
            "kubernetes.io/azure-file",
        ),
        ("azureDisk", "azureFile"),
        ("azure/application-gateway", "azure-application-gateway"),
    ),
    Platform("DigitalOcean", ("digitalocean", "doks"), ("digitalocean.com",), (f"{_LOAD_BALANCER}do-loadbalancer-",)),
    Platform("Linode", ("linode",), ("linode.com",), (f"{_LOAD_BALANCER}linode-",)),
    Platform("Hetzner Cloud", ("hetzner", "hcloud"), ("hetzner.cloud",)),
    Platform(
        "Oracle Cloud",
        ("oci", "oke", "oracle"),
        ("oraclecloud.com", "oci.oracle.com"),
        (f"{_LOAD_BALANCER}oci-",),
    ),
    Platform(
        "IBM Cloud",
        ("ibm", "iks"),
        ("cloud.ibm.com", "csi.ibm.io", "ingress.bluemix.net", "ibm-cloud.kubernetes.io"),
        ("service.kubernetes.io/ibm-", "ibm.io/ibmc-"),
    ),
    Platform(
        "Alibaba Cloud",
        ("alibaba", "aliyun"),
        ("alibabacloud.com", "aliyun.com"),
        (f"{_LOAD_BALANCER}alibaba-cloud-", f"{_LOAD_BALANCER}alicloud-"),
    ),
    Platform(
        "Tencent Cloud",
        ("tencent", "tke", "qcloud"),
        ("tencent.com", "com.tencent.cloud.csi.cbs", "com.tencent.cloud.csi.cfs"),
        ("service.kubernetes.io/qcloud-", "kubernetes.io/ingress.qcloud-"),
        (),
        ("qcloud",),
    ),
    Platform("Scaleway", ("scaleway",), ("scaleway.com",), (f"{_LOAD_BALANCER}scw-",)),
    Platform("OVHcloud", ("ovh",), ("ovhcloud.com",), (f"{_LOAD_BALANCER}ovh-",)),
    Platform(
        "OpenStack",
        ("openstack",),
        ("openstack.org",),
        (f"{_LOAD_BALANCER}openstack-", "kubernetes.io/cinder"),
        ("cinder",),
    ),
    Platform(
        "vSphere",
        ("vsphere", "vmware", "tanzu"),
        ("vmware.com",),
        ("kubernetes.io/vsphere-volume",),
        ("vsphereVolume",),
    ),
    Platform("Rancher", ("rancher", "cattle", "rke", "rke2", "k3s", "harvester"), ("cattle.io", "harvesterhci.io")),
)

VOLUMES = {volume: platform for platform in PLATFORMS for volume in platform.volumes}
INGRESS_CLASSES = {name: platform for platform in PLATFORMS for name in platform.ingress_classes}
_DOMAINS = {domain: platform for platform in PLATFORMS for domain in platform.domains}
_KEYS = tuple((key, platform) for platform in PLATFORMS for key in platform.keys)


@lru_cache(maxsize=4096)
def platform_of(name: str) -> Platform | None:
    """The platform that owns an API group, an annotation, a label, a storage driver or a controller's name."""
    domain = name.partition("/")[0]
    while domain:
        if (platform := _DOMAINS.get(domain)) is not None:
            return platform
        domain = domain.partition(".")[2]
    return next((platform for start, platform in _KEYS if name.startswith(start)), None)
