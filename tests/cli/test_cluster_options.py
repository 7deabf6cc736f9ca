"""The options for a cluster: which commands have them, and what is refused before any cluster is asked."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from helm_constitution.cli.main import cli
from helm_constitution.core.errors import ConfigurationError


@pytest.mark.parametrize("command", ["accept", "fix", "fleet", "plan"])
def test_only_check_asks_a_cluster(command: str) -> None:
    done = CliRunner().invoke(cli, [command, "--cluster", "admin", "web"])
    assert done.exit_code == 2
    assert "No such option '--cluster'" in done.output


def test_a_namespace_that_no_cluster_can_have() -> None:
    given = ["check", "--engine", "embedded", "--cluster", "admin", "--cluster-namespace", "a\x01b", "web"]
    done = CliRunner().invoke(cli, given)
    assert isinstance(done.exception, ConfigurationError)
    assert done.exception.message.startswith(r"--cluster-namespace 'a\x01b' must consist of lower-case letters")
