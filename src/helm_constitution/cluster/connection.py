"""The API server of a context, asked through Python's ``kubernetes`` client. No other module imports that client: the
import takes a quarter of a second, and it is an optional extra."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import urllib3
import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError, ResourceNotUniqueError
from kubernetes.dynamic.resource import Resource

from helm_constitution.cluster.answers import Refused
from helm_constitution.cluster.target import ClusterTarget
from helm_constitution.core.errors import ClusterError
from helm_constitution.core.scratch import kept_folder
from helm_constitution.core.secret_texts import without_secrets
from helm_constitution.text.yaml_scalars import Json

_T = TypeVar("_T")

MANAGER = "helm-constitution"
"""The field manager of what is applied."""
REQUEST_SECONDS = 20.0
"""How long one request may take at most."""
_STRICT = ("fieldValidation", "Strict")
_SETUP = (config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError)


class Connection:
    """The API server of one context.

    Args:
        target: names it.

    Raises:
        ClusterError: there is no such context, or its entry in the kubeconfig can't be used.
    """

    def __init__(self, target: ClusterTarget) -> None:
        self._target = target
        self._until = time.monotonic() + target.seconds
        configuration = _configuration(target)
        self.address = _without_credentials(str(configuration.host))
        try:
            self._api = _ApiClient(configuration, min(target.seconds, REQUEST_SECONDS))
        except _SETUP as error:  # a certificate or a key that can't be read
            raise ClusterError(
                f"the credentials of the context {target.context} can't be used: {_words(error)}"
            ) from None
        self._dynamic: DynamicClient | None = None

    def version(self) -> str:
        """The server's version, ``v1.36.3``. Raises ClusterError."""
        return str(self._told(lambda: self._client.version["kubernetes"]["gitVersion"]))

    def api_versions(self) -> tuple[str, ...]:
        """The contents of ``.Capabilities.APIVersions`` in this cluster: ``apps/v1`` and ``apps/v1/Deployment``. Raises
        ClusterError."""
        found: dict[str, None] = {}
        for resource in self._told(lambda: list(self._client.resources.search())):
            if isinstance(resource, Resource) and resource.kind and not resource.kind.endswith("List"):
                found[str(resource.group_version)] = None
                found[f"{resource.group_version}/{resource.kind}"] = None
        return tuple(sorted(found))

    def require_namespace(self) -> None:
        """Raises ClusterError if the namespace doesn't exist, or the user may not read it."""
        name = self._target.namespace
        namespaces = self._told(lambda: self._client.resources.get(api_version="v1", kind="Namespace"))
        try:
            self._asked(lambda: namespaces.get(name=name))
        except Refused as refused:
            if refused.code == 404:
                raise ClusterError(
                    f"the cluster {self._target.context} has no namespace {name}; create it, or name another with "
                    "--cluster-namespace"
                ) from None
            if refused.code != 403:  # a user who may not read may still be allowed to create there
                raise ClusterError(f"{self.called}: {refused.message}") from None

    def resource(self, api_version: str, kind: str) -> Any:
        """The server's resource of this kind; None if it serves none. Raises ClusterError."""
        try:
            return self._asked(lambda: self._client.resources.get(api_version=api_version, kind=kind))
        except (ResourceNotFoundError, ResourceNotUniqueError):
            return None
        except Refused as refused:
            if refused.code == 404:
                return None
            raise

    def apply(self, resource: Any, body: Mapping[str, Json], namespace: str | None) -> None:
        """Server-side apply as a dry run; ``create`` for an object without a name. Raises ClusterError, Refused."""
        if not _name(body):
            self.try_to_create(resource, body, namespace)
            return
        options: dict[str, Any] = {"dry_run": "All", "field_manager": MANAGER, "query_params": [_STRICT]}
        self._asked(lambda: resource.server_side_apply(body=body, namespace=namespace, force_conflicts=True, **options))

    def try_to_create(
        self, resource: Any, body: Mapping[str, Json], namespace: str | None, *, is_strict: bool = True
    ) -> None:
        """Creates an object, as a dry run; ``is_strict`` refuses unknown fields. Raises ClusterError, Refused."""
        validation = ("fieldValidation", "Strict" if is_strict else "Ignore")
        options: dict[str, Any] = {"dry_run": "All", "field_manager": MANAGER, "query_params": [validation]}
        self._asked(lambda: resource.create(body=body, namespace=namespace, **options))

    def exists(self, resource: Any, name: str, namespace: str | None) -> bool:
        """Whether an object of this name exists. Raises ClusterError, Refused."""
        try:
            self._asked(lambda: resource.get(name=name, namespace=namespace))
        except Refused as refused:
            if refused.code == 404:
                return False
            raise
        return True

    def patch(self, resource: Any, name: str, namespace: str | None, patch: Mapping[str, Json]) -> None:
        """Changes an object by a JSON merge patch (RFC 7386), as a dry run. Raises ClusterError, Refused."""
        kind = "application/merge-patch+json"
        options: dict[str, Any] = {"dry_run": "All", "field_manager": MANAGER, "query_params": [_STRICT]}
        self._asked(
            lambda: resource.patch(name=name, namespace=namespace, body=dict(patch), content_type=kind, **options)
        )

    def create(self, resource: Any, body: Mapping[str, Json], namespace: str | None) -> None:
        """Creates an object, for good. Raises ClusterError, Refused."""
        self._writing()
        self._asked(lambda: resource.create(body=dict(body), namespace=namespace, field_manager=MANAGER))

    def delete(self, resource: Any, name: str, namespace: str | None) -> None:
        """Deletes an object, if it exists. Raises ClusterError, Refused."""
        self._writing()
        body = {"propagationPolicy": "Background"}
        try:
            self._asked(lambda: resource.delete(name=name, namespace=namespace, body=body), late=True)
        except Refused as refused:
            if refused.code != 404:
                raise

    def _writing(self) -> None:
        if not self._target.allows_writes:
            raise AssertionError("a write without --cluster-allow-writes")

    @property
    def called(self) -> str:
        """The server's name in messages: its context and address."""
        return f"the cluster {self._target.context} ({self.address})"

    @property
    def _client(self) -> DynamicClient:
        """Made with the first request; its discovery cache is kept in a temporary folder."""
        if self._dynamic is None:
            self._dynamic = DynamicClient(self._api, cache_file=os.path.join(kept_folder(), "discovery.json"))
        return self._dynamic

    def _told(self, ask: Callable[[], _T]) -> _T:
        """The answer to a request that every user may make; if this user may not, the cluster can't be asked at all."""
        try:
            return self._asked(ask)
        except Refused as refused:
            raise ClusterError(f"{self.called}: {refused.message}") from None

    def _asked(self, ask: Callable[[], _T], *, late: bool = False) -> _T:
        """The answer. ``late`` requests clean up, whatever time is left."""
        if not late and time.monotonic() >= self._until:
            raise ClusterError(f"{self.called} did not finish within {self._target.seconds:g} s; raise --timeout")
        try:
            return ask()
        except ApiException as error:
            code = int(error.status or 0)
            if code == 401:
                raise ClusterError(f"{self.called} does not accept the credentials of this context") from None
            raise Refused(code, _status(error.body)) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ClusterError(f"{self.called} does not answer: {_reason(error)}") from None
        except (ValueError, TypeError, AttributeError, KeyError):  # the client's error for an unexpected answer
            raise ClusterError(f"{self.called} does not respond like an API server") from None


class _ApiClient(client.ApiClient):
    """The client with a limit on the time of each request, discovery among them."""

    def __init__(self, configuration: client.Configuration, seconds: float) -> None:
        super().__init__(configuration)
        self._seconds = seconds

    def call_api(self, *args: Any, **named: Any) -> Any:
        named["_request_timeout"] = self._seconds
        return super().call_api(*args, **named)


def _configuration(target: ClusterTarget) -> client.Configuration:
    """The client's configuration for a context of the kubeconfig."""
    files = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    configuration = client.Configuration()
    try:
        with _logged() as problems:
            config.load_kube_config(files, target.context, configuration, persist_config=False)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise ClusterError("not a valid kubeconfig", file=getattr(mark, "name", files), line=line) from None
    except _SETUP as error:
        if str(error).rstrip().endswith("contexts list"):
            raise ClusterError(f"{files}: there is no context {target.context} in this kubeconfig") from None
        raise ClusterError(f"{files}: the context {target.context} can't be used: {_words(error)}") from None
    if problems:
        raise ClusterError(f"the credentials of the context {target.context} can't be obtained: {problems[0]}")
    configuration.retries = False
    if not configuration.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return configuration


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collects errors logged inside the context: the client continues without credentials if their plug-in fails."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(_first_line(record.getMessage()))

    handler = Collector(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)


def _words(error: BaseException) -> str:
    return _first_line(str(error)) or type(error).__name__


def _first_line(text: str) -> str:
    return without_secrets(next(iter(text.splitlines()), "")[:300])


def _reason(error: BaseException) -> str:
    """Why the server doesn't answer, in the system's words."""
    is_refused = isinstance(error, urllib3.exceptions.NewConnectionError)  # a kind of timeout to urllib3
    if isinstance(error, urllib3.exceptions.TimeoutError) and not is_refused:
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.SSLError):
        return f"its certificate is not accepted ({_words(error)})"
    return re.sub(r"^\[Errno -?\d+\] ", "", _words(error).rpartition(": ")[2])


def _without_credentials(host: str) -> str:
    parts = urlsplit(host)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


def _status(body: Any) -> Mapping[str, Any]:
    try:
        status = json.loads(body) if body else {}
    except (ValueError, TypeError):
        return {"message": _first_line(str(body))}
    return status if isinstance(status, dict) else {}


def _name(body: Mapping[str, Json]) -> str | None:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) and name else None
