"""Examples: values files that the configuration names, and that have to work for whoever copies them."""

from __future__ import annotations

from collections.abc import Iterator

from helm_constitution.api import (
    MUST,
    RESULTS,
    NotApplicable,
    Status,
    Subject,
    Unchecked,
    Violation,
    require,
    rule,
)

from ..helm_words import Told, is_example, place_of, text_of, values_file_of


@rule(
    "docs/example-broken",
    default=MUST,
    needs={RESULTS},
    enforces=require(r"\bexamples?\b.*\b(work|render|valid|tested|run|complete|current|up.to.date)"),
)
def example_broken(subject: Subject) -> Iterator[Violation]:
    """Example does not render.

    Why: Users start from a copy of an example; one that fails makes them distrust all others.
    Bad:
        # examples/production.yaml
        ingress:
          host: shop.example.com      (the templates read ingress.hosts)
    Good:
        # examples/production.yaml
        ingress:
          hosts: [shop.example.com]
    Fix: Correct the example or the template. An example has to set all values that the chart requires.
    Source: Helm documentation, Values Files
    """
    examples = [result for result in subject.results if is_example(result)]
    if not examples and not any(file.startswith("examples/") for file in subject.chart.files):
        raise NotApplicable("the chart has no examples/")
    if not examples:
        raise Unchecked("the configuration names no values file under examples/ as a scenario")
    defaults = subject.defaults
    told = Told(defaults.errors if defaults is not None and defaults.status is Status.FAILED else ())
    for result in examples:
        for error in result.errors:
            if told.contains(error):
                continue
            name = result.scenario.name
            how = "needs more input" if result.status is Status.NEEDS_INPUT else "does not render"
            related_place = values_file_of(result, subject)
            place = related_place if result.status is Status.NEEDS_INPUT else place_of(error, subject, name)
            yield Violation(f"example {name} {how}: {text_of(error)}", place or related_place)
