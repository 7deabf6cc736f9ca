"""Secrets where they can be read: in values, templates, ConfigMaps and plain environment variables."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    OFF,
    Container,
    Json,
    LazyPattern,
    Manifest,
    Parameter,
    Path,
    Subject,
    Urgency,
    View,
    Violation,
    forbid,
    masked,
    require,
    rule,
    would_hide,
)

from ..values_files import document_of
from .credential_forms import Form, forms_in, known_tokens
from .credentials import assignments, from_base64, is_credential, telling, telling_words
from .credentials import words as words_of
from .statements import SECURE_DEFAULTS

_SECRETS = (
    r"(?:secrets?|passwords?|credentials?|tokens?|api[- ]?keys?|private keys?"
    r"|sensitive (?:values|data|information|configuration))"
)
_HARDCODED = forbid(
    r"^(?!(?!.*\b(?:commit\w*|stor\w+|hard-?cod\w+|git|values)\b).*\blog(?:s|ged|ging)?\b)"
    r"(?!.*\b(?:in|into|inside|within) (?:\w+ )?(?:images?|image layers|Dockerfiles?)\b)(?:"
    rf".*\b{_SECRETS}\b.{{0,40}}\b(?:appear\w*|live|stand|found|in)\b.{{0,20}}\bvalues\b"
    rf"|.*\b{_SECRETS}\b.*\bcommitted\b|.*\bprohibition of secrets\b"
    rf"|.*\b(?:plain[- ]?text|raw|unencrypted|hard-?coded) {_SECRETS}\b"
    rf"|.*\b{_SECRETS}\b.{{0,60}}\b(?:hard-?coded?|commit(?:ted)?|stored?|kept|checked in|plain ?text|embedded)\b"
    r"|.*\b(?:hard-?cod(?:e|ed|ing)|commit(?:ted|ting)?|stor(?:e|ed|ing)|embed(?:ded)?|contain|includ(?:e|ed)|put"
    rf"|expos(?:e|ed))\b.{{0,60}}\b{_SECRETS}\b"
    rf"|.*\b{_SECRETS}\b.{{0,60}}\b(?:in|into|to|touch|reach|enter) (?:the )?"
    r"(?:git|source|code|repos?|repositor\w+|version control)\b"
    rf"|.*\b{_SECRETS}\b.{{0,30}}\bversion control\b)"
)
# A pipeline that passes on a secret is not a chart that contains one.
_NOT_A_PIPELINE = r"^(?!.*\b(?:CI|CI/CD|pipelines?|workflows?|checkout|constitution check)\b).*"
_EXTERNAL = require(
    rf"{_NOT_A_PIPELINE}(?:\b(?:external|existing|sealed)[- ]?(?:kubernetes )?secrets?\b"
    rf"|\b{_SECRETS}\b.{{0,80}}\b(?:existing ?secrets?|secretKeyRef|external[- ]secrets?"
    r"|sealed ?secrets?|vault"
    r"|secrets?[- ](?:manager|management|store)|supplied by|provided by|kubernetes secrets?|referenced)\b)",
    permits=False,
)
_SECRETS_NOT_CONFIG_MAPS = require(
    rf"{_NOT_A_PIPELINE}(?:\b{_SECRETS}\b.{{0,80}}\b(?:(?:kubernetes|k8s|native|dedicated) secrets?"
    r"|secrets? (?:objects?|resources?)|(?:in|as|from|via|using|through|by|use) (?:an? |the )?secrets?)"
    rf"\b(?! ?(?:manager|store))|\b(?:kubernetes|k8s|use) secrets?\b.{{0,20}}\bfor\b.{{0,20}}\b{_SECRETS}\b"
    rf"|\b(?:kubernetes|k8s) secrets?\b.{{0,80}}\b(?:hold|store|contain|keep)\w*\b.{{0,60}}\b{_SECRETS}\b"
    r"|\bnot (?:in )?(?:plain )?config ?maps?\b)",
    permits=False,
)

# These keys hold names of Secrets and of their keys, or nothing that a container reads.
_REFERENCE_KEYS = frozenset(
    {
        "annotations",
        "externalsecret",
        "externalsecrets",
        "keymapping",
        "keys",
        "labels",
        "matchlabels",
        "nodeselector",
        "properties",
        "remoteref",
        "secretkeyref",
        "secretkeys",
        "secretref",
        "secretrefs",
        "valuefrom",
    }
)
_OTHER_VALUES = LazyPattern(r"(?:platforms/[^/]+|values[-.][^/]+)\.ya?ml\Z")


def _documents(subject: Subject) -> Iterator[View]:
    """values.yaml, the platforms' overlays and other values files beside it; another rule reports invalid YAML."""
    chart = subject.chart
    if chart.values is not None:
        yield chart.values.document.view
    for path in sorted(chart.files):
        if _OTHER_VALUES.match(path) and path != "values.yaml":
            document = subject.derived(document_of, path)
            if document is not None:
                yield document.view


@rule(
    "security/secret-in-values",
    default=MUST,
    enforces=(_HARDCODED, _EXTERNAL, forbid(rf"\b{_SECRETS}\b.{{0,40}}\bdefaults?\b")),
    umbrella=SECURE_DEFAULTS,
    urgency=Urgency.EXPOSED,
)
def secret_in_values(subject: Subject) -> Iterator[Violation]:
    """Values file contains a credential.

    Why: Values files are in version control and in the published chart: everyone who has the chart has the credential,
        and all installations that keep the default share it.
    Bad:
        auth:
          password: hunter2
    Good:
        auth:
          # -- Name of a Secret with the key password; generated where empty
          existingSecret: ""
          # -- Password, kept in a Secret; empty to take it from existingSecret
          password: ""
    Fix: Leave the default empty, and read the credential from a Secret that the user references or that a template
        generates once. Rotate every credential that was published.
    Source: OWASP Kubernetes Top Ten, Secrets Management Failures; Helm's general conventions
    """
    for document in _documents(subject):
        leaves = list(_leaves(document.data, (), ""))
        forms = forms_in(text for _, _, text in leaves)
        for path, name, text in leaves:
            view = document.get(*path)
            if name and is_credential(name, text):
                # A message doesn't repeat the credential: password may be the password.
                what = "value" if would_hide(text.strip(), name) else name
                yield Violation(
                    f"{what} is set to the plain-text credential {masked(text.strip())!r};"
                    " leave it empty and read it from a Secret that the user references",
                    at=view,
                    secrets=(text,),
                )
                continue
            yield from (
                Violation(
                    f"value contains {what}; read it from a Secret that the user references", at=view, secrets=secrets
                )
                for what, secrets in _inside(text, forms)
            )


_SEVERAL = ("passwords", "tokens", "keys", "apikeys")


def _leaves(data: Json, path: Path, name: str) -> Iterator[tuple[Path, str, str]]:
    """The texts and numbers in values with their paths and names: the key, the name beside a ``value``, or that of the
    passwords around it."""
    if isinstance(data, str | int | float):
        if data and not isinstance(data, bool):
            yield path, name, str(data)
    elif isinstance(data, dict):
        partner = data.get("name")
        for key, child in data.items():
            if child:
                words = words_of(key)
                if key.lower() in _REFERENCE_KEYS or words[:1] == ("existing",):
                    continue
                # Beside adminSecretName, adminSecretKey is a key of that Secret.
                if words[-2:] == ("secret", "key") and any(words_of(each) == (*words[:-1], "name") for each in data):
                    continue
                if key == "value" and partner and isinstance(partner, str):
                    told = partner
                else:
                    told = name if _is_one_of(name, key, child) else key
                yield from _leaves(child, (*path, key), told)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _leaves(item, (*path, index), name)


def _is_one_of(name: str, key: str, child: Json) -> bool:
    """Whether a name tells more of a text below it than its key: ``passwords.admin``, ``password.value``."""
    if telling(name) is None or telling(key) is not None or isinstance(child, dict | list):
        return False
    return key in ("value", "plain") or words_of(name)[-1] in _SEVERAL


def _inside(text: str, forms: tuple[Form, ...] | None = None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The credentials in a text, each with the secret texts: known tokens (of some forms), or the values of telling
    names."""
    if len(text) < 12:
        return
    found: dict[str, list[str]] = {}
    for token in known_tokens(text, forms):
        found.setdefault(f"what looks like {token.what}", []).append(token.secret)
    if not found:
        for each in assignments(text):
            found.setdefault(f"a plain-text {each.name}", []).append(each.value)
    yield from ((what, tuple(secrets)) for what, secrets in found.items())


@rule(
    "security/secret-in-configmap",
    scope=Manifest,
    default=MUST,
    enforces=(
        _SECRETS_NOT_CONFIG_MAPS,
        forbid(rf"\b{_SECRETS}\b.*\bconfig ?maps?\b|\bconfig ?maps?\b.*\b{_SECRETS}\b"),
    ),
    umbrella=SECURE_DEFAULTS,
    tests=True,
    urgency=Urgency.EXPOSED,
    told_by=("security/secret-in-values", "security/secret-in-template"),
)
def secret_in_configmap(manifest: Manifest, subject: Subject) -> Iterator[Violation]:
    """ConfigMap contains a credential.

    Why: Everyone who may view the namespace can read its ConfigMaps; tools and logs print them, and they are never
        encrypted at rest.
    Bad:
        kind: ConfigMap
        data:
          app.properties: |
            db.password=hunter2
    Good:
        kind: Secret
        stringData:
          app.properties: |
            db.password={{ .Values.db.password }}
    Fix: Move the file to a Secret, or let the application read the credential from an environment variable or a file
        that comes from a Secret.
    Source: Kubernetes documentation, Good practices for Kubernetes Secrets; polaris sensitiveConfigmapContent
    """
    if manifest.kind != "ConfigMap":
        return
    binary = manifest.get("binaryData").entries()
    texts = [(key, view, view.string()) for key, view in manifest.get("data").entries()]
    texts += [(key, view, from_base64("".join((view.string() or "").split()))) for key, view in binary]
    for key, view, text in texts:
        if text is None:
            continue
        if is_credential(key, text):
            yield Violation(f"ConfigMap contains {key} in plain text; move it to a Secret", at=view, secrets=(text,))
        else:
            yield from (
                Violation(
                    f"ConfigMap key {key} contains {what}; move it to a Secret",
                    at=view,
                    part=secrets[0],
                    secrets=secrets,
                )
                for what, secrets in _inside(text)
            )


_COMMANDS = (
    ("command",),
    ("args",),
    *((probe, "exec", "command") for probe in ("livenessProbe", "readinessProbe", "startupProbe")),
    *(("lifecycle", hook, "exec", "command") for hook in ("postStart", "preStop")),
)
_OPTION = LazyPattern(r"(?s)--?(?P<name>[A-Za-z][\w.-]*)(?:=(?P<value>.*))?\Z")


@rule(
    "security/secret-in-env",
    scope=Container,
    default=MUST,
    enforces=(
        _SECRETS_NOT_CONFIG_MAPS,
        _EXTERNAL,
        forbid(
            rf"^(?!.*\bbuild\b).*\b{_SECRETS}\b"
            r".*\b(?:env(?:ironment)?(?: variables?)?|command[- ]lines?|args|arguments)\b"
        ),
    ),
    umbrella=SECURE_DEFAULTS,
    tests=True,
    parameters={
        "strict": Parameter(
            0, "placeholders, paths and names of Secrets are not credentials; 1 reports every value of a telling name"
        )
    },
    urgency=Urgency.EXPOSED,
    told_by=("security/secret-in-values", "security/secret-in-template", "security/secret-in-configmap"),
)
def secret_in_env(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container receives a credential in plain text.

    Why: Everyone who may view the pod or the workload can read the credential, and it appears in the process list and
        in every tool that prints manifests.
    Bad:
        env:
          - name: DB_PASSWORD
            value: hunter2
    Good:
        env:
          - name: DB_PASSWORD
            valueFrom:
              secretKeyRef:
                name: web-db
                key: password
    Fix: Move the credential to a Secret and reference it with valueFrom.secretKeyRef, or mount it as a file.
    Source: Kubernetes documentation, Good practices for Kubernetes Secrets; kube-linter env-var-secret; polaris
        sensitiveContainerEnvVar
    """
    for variable in container.field("env").items():
        name, view = variable.get("name").string() or "", variable.get("value")
        text = view.string()
        if text is None:
            continue
        if is_credential(name, text) or (text and subject.number("strict") and telling_words([name])):
            yield Violation(
                f"environment variable {name} is a plain-text credential; read it from a Secret with secretKeyRef",
                at=view,
                secrets=(text,),
            )
        else:
            yield from (
                Violation(
                    f"environment variable {name} contains {what}; read it from a Secret with secretKeyRef",
                    at=view,
                    secrets=secrets,
                )
                for what, secrets in _inside(text)
            )
    for field in _COMMANDS:
        yield from _arguments(container.field(*field))


def _arguments(arguments: View) -> Iterator[Violation]:
    option = ""
    for view in arguments.items():
        text = view.string() or ""
        match = _OPTION.match(text)
        name, value = (match["name"], match["value"]) if match else (option, text)
        option = match["name"] if match and match["value"] is None else ""
        if name and value and is_credential(name, value):
            yield Violation(
                f"option {name} is a plain-text credential; read it from a Secret through an environment variable",
                at=view,
                secrets=(value,),
            )
        else:
            yield from (
                Violation(f"argument contains {what}; read it from a Secret", at=view, secrets=secrets)
                for what, secrets in _inside(text)
            )


@rule(
    "security/secret-env-ref",
    scope=Container,
    default=OFF,
    enforces=(
        forbid(rf"\b{_SECRETS}\b.*\bas (?:an )?env(?:ironment)?(?: variables?)?\b"),
        require(
            rf"^(?!.*\bor (?:as )?(?:an )?env).*\b{_SECRETS}\b.{{0,40}}\b(?:mounted|as)\b"
            r".{0,20}\b(?:files?|volumes?)\b"
            rf"|^(?!.*\benv(?:ironment)?\b).*\b{_SECRETS}\b.{{0,40}}\b(?:mounted|volumes?)\b"
        ),
    ),
    tests=True,
)
def secret_env_ref(container: Container, subject: Subject) -> Iterator[Violation]:
    """Container reads a Secret through an environment variable.

    Why: Child processes inherit the environment, and it shows up in crash dumps. A mounted file does not, and it is
        updated when the Secret changes.
    Bad:
        env:
          - name: DB_PASSWORD
            valueFrom:
              secretKeyRef: {name: web-db, key: password}
    Good:
        volumes:
          - name: db
            secret:
              secretName: web-db
    Fix: Mount the Secret and let the application read the file.
    Source: CIS Kubernetes Benchmark, Prefer using Secrets as files; kube-linter read-secret-from-env-var
    """
    for variable in container.field("env").items():
        reference = variable.get("valueFrom", "secretKeyRef")
        if reference.is_map:
            yield Violation(
                f"environment variable {variable.get('name').data} comes from a Secret; mount the Secret as a file",
                at=reference,
            )
    for source in container.field("envFrom").items():
        reference = source.get("secretRef")
        if reference.is_map:
            yield Violation(
                f'envFrom reads Secret "{reference.get("name").data}"; mount the Secret as a file', at=reference
            )
