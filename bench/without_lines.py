"""The program as it is, but content with the file where a rendered object's template line would be looked for.

Looking for lines costs one more rendering where there is something to locate; this tells how much.
"""

from __future__ import annotations

from typing import Any

from helm_constitution.__main__ import main
from helm_constitution.cli import main as cli

_with_lines = cli._check_options


def _without_lines(*arguments: Any, **named: Any) -> Any:
    return _with_lines(*arguments, **named)._replace(lines=False)


cli._check_options = _without_lines
main()
