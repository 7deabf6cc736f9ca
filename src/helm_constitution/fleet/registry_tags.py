"""Prints the versions of a chart in a registry as JSON, by the embedded library, in a process of its own: the library's
threads would keep the one that asks from forking."""

from __future__ import annotations

import json
import sys


def main() -> int:
    """Runs with the reference of the chart, and ``--plain-http`` where the registry speaks that."""
    import helm_python

    reference = sys.argv[1].removeprefix("oci://")
    try:
        with helm_python.RegistryClient(plain_http="--plain-http" in sys.argv) as client:
            print(json.dumps(client.tags(reference)))  # noqa: T201 - read by the process that asked
    except helm_python.HelmError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
