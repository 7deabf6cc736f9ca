"""A real API server answers the pairs of ``testdata/admission`` as the evaluation without one does, and refuses the
definitions that ``portability/bad-crd`` has something against."""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from helm_constitution.kubernetes.resources import is_cluster_scoped, resource_of
from helm_constitution.text.yaml import load_documents
from tests.admission.cases import FOLDER, NAMES, expected
from tests.cluster.server import ADMIN_TOKEN, Server
from tests.kubernetes.definitions import CHANGES, GOOD, Change, changed

_SECONDS = 30
"""How long a policy may take until it is in force, or gone."""


@pytest.mark.parametrize("name", NAMES)
def test_the_api_server_gives_the_same_answers(api_server: Server, name: str) -> None:
    # Of several denials the server tells the first.
    wanted = list({line.partition(":")[0]: line for line in reversed(expected(name))}.values())[::-1]
    objects = _objects(name, "objects.yaml")
    with _in_force(api_server, _objects(name, "policy.yaml")):
        assert _settled(api_server, objects, wanted) == wanted
    allowed = [f"{line.partition(':')[0]}: allowed" for line in wanted]
    assert _settled(api_server, objects, allowed) == allowed  # the next case begins without these policies


def _settled(server: Server, objects: list[dict[str, Any]], wanted: list[str]) -> list[str]:
    """The server's answers, once they are the wanted ones or time is up."""
    until = time.monotonic() + _SECONDS
    while True:
        found = [_answer(server, one) for one in objects]
        if found == wanted or time.monotonic() > until:
            return found
        time.sleep(0.3)


def _objects(name: str, file: str) -> list[dict[str, Any]]:
    documents = load_documents((FOLDER / name / file).read_text("utf-8"), file)
    return [document.data for document in documents if isinstance(document.data, dict)]


@contextmanager
def _in_force(server: Server, objects: list[dict[str, Any]]) -> Iterator[None]:
    for one in objects:
        _send(server, "POST", _path(one), one)
    try:
        yield
    finally:
        for one in reversed(objects):
            _send(server, "DELETE", f"{_path(one)}/{one['metadata']['name']}", None)


def _path(one: dict[str, Any]) -> str:
    group, _, version = one["apiVersion"].rpartition("/")
    begin = f"/apis/{group}/{version}" if group else f"/api/{version}"
    within = "" if is_cluster_scoped(group, one["kind"]) else "/namespaces/default"
    return f"{begin}{within}/{resource_of(one['kind'])}"


def _send(server: Server, method: str, path: str, body: object) -> list[str]:
    """The warnings of the server's answer. Raises urllib.error.HTTPError."""
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.address}{path}", content, headers, method=method)
    trusted = ssl.create_default_context(cafile=str(server.certificate))
    with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
        return answer.headers.get_all("Warning") or []


def _answer(server: Server, one: dict[str, Any]) -> str:
    """What the server says to the creation of an object, in the words of ``expect.txt``."""
    named = f"{one['kind']} {one['metadata']['name']}"
    try:
        warnings = _send(server, "POST", f"{_path(one)}?dryRun=All", one)
    except urllib.error.HTTPError as error:
        message = str(json.loads(error.read())["message"])
        return f"{named}: denied: {message.partition(' denied request: ')[2] or message}"
    policies = [one for one in warnings if "ValidatingAdmissionPolicy" in one]
    if not policies:
        return f"{named}: allowed"
    # 299 - "Validation failed for ValidatingAdmissionPolicy 'a' with binding 'b': the message"
    return f"{named}: warned: {policies[0].rstrip().removesuffix(chr(34)).partition(chr(39) + ': ')[2]}"


def test_the_api_server_refuses_the_same_definitions(api_server: Server) -> None:
    refused: dict[Change | None, bool] = {}
    for change in (None, *CHANGES):
        definition = yaml.safe_load(GOOD if change is None else changed(change))
        try:
            _send(api_server, "POST", f"{_path(definition)}?dryRun=All", definition)
            refused[change] = False
        except urllib.error.HTTPError:
            refused[change] = True
    assert refused == {change: change is not None for change in (None, *CHANGES)}
