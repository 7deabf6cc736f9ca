"""The program as it is, but content with the file where a rendered object's template line would be looked for.

Looking for lines costs one more rendering where there is something to locate; this tells how much.
"""

from __future__ import annotations

from helm_constitution.__main__ import main
from helm_constitution.check import pipeline
from helm_constitution.check.options import CheckRequest
from helm_constitution.report.model import ChartReport

_with_lines = pipeline.run


def _without_lines(request: CheckRequest) -> ChartReport:
    return _with_lines(request._replace(options=request.options._replace(lines=False)))


pipeline.run = _without_lines
main()
