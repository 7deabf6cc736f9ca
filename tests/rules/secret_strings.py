"""Strings that are secrets, and strings that only look like some: (key, value) pairs as they stand in values files.

Tokens are put together from parts at run time, so that no scanner takes this file for a leak. None was ever valid.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Iterator

Pair = tuple[str, str]

_RANDOM = random.Random(20261124)
_ALPHANUMERIC = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits


def _any(length: int, alphabet: str = _ALPHANUMERIC) -> str:
    return "".join(_RANDOM.choice(alphabet) for _ in range(length))


def _base64(length: int) -> str:
    return base64.b64encode(_RANDOM.randbytes(length)).decode()


def _pem(label: str, header: str = "") -> str:
    lines = "\n".join(_any(64, _ALPHANUMERIC + "+/") for _ in range(6))
    dashes = "-" * 5
    return f"{dashes}BEGIN {label}{dashes}\n{header}{lines}\n{dashes}END {label}{dashes}\n"


def _jwt() -> str:
    parts = ('{"alg":"HS256","typ":"JWT"}', '{"sub":"1234567890","iat":1516239022}')
    head, body = (base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}.{_any(43)}"


def _uuid() -> str:
    return "-".join(_any(length, _HEX) for length in (8, 4, 4, 4, 12))


# Prefix, length and alphabet of what follows: as the services document them. The keys say nothing.
_TOKENS = (
    ("AKIA", 16, _UPPER),
    ("ASIA", 16, _UPPER),
    *((f"gh{kind}_", 36, _ALPHANUMERIC) for kind in "pousr"),
    ("github_" + "pat_", 82, _ALPHANUMERIC),
    ("gl" + "pat-", 20, _ALPHANUMERIC),
    ("gl" + "dt-", 20, _ALPHANUMERIC),
    ("gl" + "rt-", 20, _ALPHANUMERIC),
    ("xo" + "xb-", 40, _ALPHANUMERIC),
    ("xo" + "xp-", 40, _ALPHANUMERIC),
    ("xa" + "pp-1-", 60, _ALPHANUMERIC),
    ("AI" + "za", 35, _ALPHANUMERIC),
    ("sk_" + "live_", 24, _ALPHANUMERIC),
    ("rk_" + "live_", 24, _ALPHANUMERIC),
    ("wh" + "sec_", 32, _ALPHANUMERIC),
    ("np" + "m_", 36, _ALPHANUMERIC),
    ("pypi-" + "AgE", 80, _ALPHANUMERIC),
    ("rubygems_", 48, _HEX),
    ("hv" + "s.", 24, _ALPHANUMERIC),
    ("dckr_" + "pat_", 27, _ALPHANUMERIC),
    ("dop_" + "v1_", 64, _HEX),
    ("shp" + "at_", 32, _HEX),
    ("sk-" + "ant-api03-", 93, _ALPHANUMERIC),
    ("sk-" + "proj-", 48, _ALPHANUMERIC),
    ("hf" + "_", 34, string.ascii_letters),
    ("gl" + "sa_", 32, _ALPHANUMERIC),
    ("NR" + "AK-", 27, _UPPER),
    ("dap" + "i", 32, _HEX),
    ("lin_" + "api_", 40, _ALPHANUMERIC),
    ("sn" + "trys_", 60, _ALPHANUMERIC),
    ("AGE-" + "SECRET-KEY-1", 58, _UPPER),
    ("PM" + "AK-", 59, _HEX),
    ("pu" + "l-", 40, _HEX),
    ("dp." + "pt.", 43, _ALPHANUMERIC),
    ("dt0" + "c01.", 80, _UPPER),
    ("xkey" + "sib-", 64, _HEX),
    ("AT" + "ATT3", 180, _ALPHANUMERIC),
)
_TELLING = (
    *("password", "dbPassword", "DB_PASSWORD", "MYSQL_ROOT_PASSWORD", "adminPassword", "PGPASSWORD", "smtp_password"),
    *("rootPassword", "replicationPassword", "passphrase", "keystorePassword", "LDAP_BIND_PASSWORD", "pwd"),
)
_PASSWORDS = (
    *("hunter2", "Tr0ub4dor&3", "correct-horse-battery-staple", "S3cret!", "letmein", "qwerty123", "postgres"),
    *("admin123", "P@ssw0rd", "topsecret", "supersecret", "prom-operator", "rabbitmq", "Welcome1", "12345678"),
    *("minio123", "bitnami1", "p4ssw0rd!", "root", "elastic"),
)
_TELLING_KEYS = (
    *("apiKey", "API_KEY", "authToken", "AUTH_TOKEN", "accessToken", "clientSecret", "OAUTH_CLIENT_SECRET"),
    *("jwtSecret", "cookieSecret", "encryptionKey", "signingKey", "masterKey", "webhookSecret", "secretAccessKey"),
    *("AWS_SECRET_ACCESS_KEY", "sessionSecret", "privateKey", "secret", "DJANGO_SECRET_KEY", "token"),
)


def _made() -> Iterator[str]:
    """What generators make: hexadecimal digits, base64, letters and digits."""
    while True:
        yield from (_any(32, _HEX), _any(40), _base64(24), _any(20), _any(64, _HEX), _base64(32), _any(24))


def _texts() -> Iterator[Pair]:
    password = _any(16)
    yield "config", f"[database]\nhost = db\npassword = {password}\n"
    yield "application.properties", f"spring.datasource.url=jdbc:db\nspring.datasource.password={password}\n"
    yield "env", f"MODE=fast\nexport DB_PASSWORD='{password}'\n"
    yield "settings", f'{{\n  "host": "db",\n  "apiKey": "{_any(32)}"\n}}\n'
    yield "extraConfig", f"auth:\n  enabled: true\n  password: {password}\n"
    yield "toml", f'[auth]\nclient_secret = "{_any(40)}"\n'
    yield "userData", f"#!/bin/sh\nexport AUTH_TOKEN={_any(30)}\nstart\n"
    yield "alertmanager", f"route:\n  receiver: mail\nsmtp_auth_password: {password}\n"
    yield "pgbouncer", f"[databases]\nmain = host=db\nauth_password = {password}\n"
    yield "ini", f"; a comment\n[smtp]\nuser = mail\npasswd = {password}\n"


def _urls() -> Iterator[Pair]:
    for scheme in ("postgres", "postgresql", "mysql", "amqp", "mongodb+srv", "redis", "https", "nats", "ldap", "smtp"):
        yield "url", f"{scheme}://shop:{_any(16)}@db.shop.svc:5432/main"
    yield "cache", f"redis://:{_any(16)}@cache:6379/0"
    yield "hook", "https://hooks.slack.com/" + f"services/T{_any(8, _UPPER)}/B{_any(8, _UPPER)}/{_any(24)}"
    yield "hook", "https://discord.com/" + f"api/webhooks/{_any(18, string.digits)}/{_any(68)}"


def _secrets() -> Iterator[Pair]:
    for prefix, length, alphabet in _TOKENS:
        yield "value", prefix + _any(length, alphabet)
        yield "args", f"--token={prefix}{_any(length, alphabet)} --verbose"
    yield "value", f"SG.{_any(22)}.{_any(43)}"
    yield "value", f"{_any(14, string.digits)}.atlasv1.{_any(64)}"
    yield "account", f"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={_base64(64)}"
    yield "value", _jwt()
    for label in ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"):
        yield "tls.key", _pem(label)
    yield "tls.key", base64.b64encode(_pem("RSA PRIVATE KEY").encode()).decode()
    yield "signing", _pem("PGP PRIVATE KEY BLOCK", "Version: 1\n\n")
    yield from _urls()
    for index, password in enumerate(_PASSWORDS):
        yield _TELLING[index % len(_TELLING)], password
    for index, password in enumerate(_PASSWORDS[:8]):
        yield _TELLING[index], base64.b64encode(password.encode()).decode()
    made = _made()
    for key in (*_TELLING, *_TELLING_KEYS):
        yield key, next(made)
    for key in _TELLING_KEYS[:12]:
        yield key, _uuid() if "secret" not in key.lower() else next(made)
    yield from _texts()


_PLACEHOLDERS = (
    *("", "changeme", "CHANGE_ME", "change-it", "<your password>", "your-password-here", "REPLACE_ME", "xxxxxxxx"),
    *("********", "TODO", "example", "my-secret-password", "placeholder", "none", "null", "redacted", "${PASSWORD}"),
    *("$(DB_PASSWORD)", "{{ .Values.db.password }}", "generated", "auto-generated", "not-set", "dummy", "test"),
)
_REFERENCES = (
    ("existingSecret", "shop-database"),
    ("secretName", "shop-tls"),
    ("passwordSecret", "shop-database"),
    ("passwordSecretKey", "admin-password"),
    ("existingSecretPasswordKey", "postgres-password"),
    ("secretKey", "password"),
    ("secretKeyRef", "shop"),
    ("adminPasswordKey", "admin-password"),
    ("passwordFile", "/etc/shop/password"),
    ("tokenFile", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
    ("tokenPath", "/vault/token"),
    ("privateKeyPath", "certs/tls.key"),
    ("privateKey", "/etc/tls/tls.key"),
    ("password", "/run/secrets/password"),
    ("apiKeyHeader", "X-Api-Key"),
    ("tokenUrl", "https://login.acme.test/oauth/token"),
    ("token", "vault:secret/data/shop#token"),
    ("password", "op://shop/database/password"),
    ("clientSecret", "ref+awssecrets://shop/client"),
    ("secretStore", "vault-backend"),
    ("tokenSecretRef", "shop-token"),
    ("usePasswordFiles", "true"),
    ("passwordPolicy", "strong"),
    ("secretProviderClass", "shop-azure"),
    ("credentials", "shop-credentials"),
    ("auth", "basic"),
    ("accessKeyIdSecretRef", "aws-access-key"),
    ("imagePullSecret", "registry-credentials"),
    ("keyAlgorithm", "RSA"),
    ("keySize", "4096"),
    ("tokenTTL", "24h"),
    ("tokenExpiration", "3600"),
    ("tokenAudience", "sts.acme.test"),
    ("passwordLength", "32"),
    ("maxTokens", "4096"),
    ("tokenizer", "standard"),
    ("tokenReviewerServiceAccount", "vault-auth"),
    ("partitionKey", "user_id"),
    ("primaryKey", "id"),
    ("sortKey", "created_at"),
    ("cacheKey", "shop-cache-v2"),
    ("key", "app.kubernetes.io/component"),
    ("topologyKey", "topology.kubernetes.io/zone"),
    ("labelKey", "team"),
    ("publicKey", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo"),
    ("sshKeyName", "deploy"),
    ("passwordResetUrl", "https://shop.acme.test/reset"),
    ("secretsBackend", "kubernetes"),
    ("vaultTokenRenewal", "true"),
    ("passwordAuthentication", "no"),
    ("csrfTokenName", "csrf-token"),
    ("sessionTokenCookie", "shop_session"),
    ("bypassAuth", "false"),
    ("compass", "north"),
    ("passThrough", "headers"),
    ("author", "jane"),
    ("authority", "shop.acme.test"),
    ("monkey", "capuchin"),
    ("keyboard", "qwertz"),
    ("secretary", "jane"),
    ("tokens", "5000"),
    ("rateLimitTokens", "100"),
    ("hostKeyAlgorithms", "ssh-ed25519"),
)


def _harmless() -> Iterator[Pair]:
    for index, placeholder in enumerate(_PLACEHOLDERS):
        yield _TELLING[index % len(_TELLING)], placeholder
        yield _TELLING_KEYS[index % len(_TELLING_KEYS)], placeholder
    yield from _REFERENCES
    for key in ("digest", "checksum", "sha256", "imageDigest"):
        yield key, f"sha256:{_any(64, _HEX)}"
    for key in ("revision", "commit", "gitSha", "id", "hash", "etag"):
        yield key, _any(40, _HEX)
    for key in ("tenantId", "clientId", "subscriptionId", "projectUuid", "clusterId", "deviceId"):
        yield key, _uuid()
    for label in ("CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE REQUEST", "PGP PUBLIC KEY BLOCK"):
        yield "caBundle", _pem(label)
    yield "authorizedKeys", f"ssh-rsa AAAAB3NzaC1yc2E{_any(200)} jane@acme"
    yield "caBundle", _base64(300)
    yield "logo", f"data:image/png;base64,{_base64(200)}"
    yield "value", "AKIA" + "IOSFODNN7EXAMPLE"
    yield "value", "ghp_" + "x" * 36
    yield "value", "glpat-" + "x" * 20
    yield "image", "registry.acme.test/shop/web:1.4.2"
    yield "arn", "arn:aws:iam::123456789012:role/shop-token-reader"
    yield "keyId", "arn:aws:kms:eu-west-1:123456789012:key/" + _uuid()
    yield "url", "https://shop.acme.test/login?next=/account"
    yield "url", "postgres://user:password@host:5432/database"
    yield "url", "postgres://$(USER):$(PASSWORD)@db:5432/shop"
    yield "url", "amqp://shop@queue:5672"
    yield "url", "redis://cache:6379/0"
    yield "cron", "*/5 * * * *"
    yield "regex", "^[A-Za-z0-9+/]{40}={0,2}$"
    yield "serviceAccount", "shop@project-1234.iam.gserviceaccount.com"
    yield "schedule", "@daily"
    yield "ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"
    yield "config", "# password: hunter2\nhost: db\npassword: ${DB_PASSWORD}\n"
    yield "config", "auth:\n  passwordFile: /etc/shop/password\n  tokenTTL: 24h\n"
    yield "script", '#!/bin/sh\nPASSWORD=$1\nTOKEN=$(cat /var/run/token)\nrun --password "$PASSWORD"\n'
    yield "code", "token = request.headers['X-Token']\nsecret = os.environ['SECRET']\n"
    yield "query", 'sum by (token_type) (rate(auth_tokens_total{job="shop"}[5m]))'
    yield "nginx", "proxy_set_header X-Api-Key $http_x_api_key;\nssl_certificate_key /etc/tls/tls.key;\n"
    yield "dashboard", '{\n  "title": "Tokens",\n  "key": "auth-tokens",\n  "uid": "fd7a1c9e2b3d4f5a"\n}\n'
    yield "description", "The password of the database; keep it in a Secret."
    yield "notes", "Run: kubectl get secret shop -o jsonpath='{.data.password}' | base64 -d\n"
    yield "fluentd", "<match **>\n  password \"#{ENV['ES_PASSWORD']}\"\n</match>\n"
    yield "tf", 'variable "password" {\n  type = string\n}\n'
    yield "version", "v1.2.3-20261124093000-0a1b2c3d4e5f"
    yield "goModule", "h1:J1VqK86SunV4Gg8emPTmwUVxe0rmXnAs5K9ZUbGMKR8="
    yield "integrity", f"sha512-{_base64(64)}"
    yield "nonce", "12"
    yield "bucket", "shop-terraform-state-eu-west-1"
    yield "fernet", "disabled"


SECRETS: tuple[Pair, ...] = tuple(_secrets())
HARMLESS: tuple[Pair, ...] = tuple(_harmless())
