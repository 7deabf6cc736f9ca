"""A fuzzer: charts and a team's files are mutated, everything is run over them, and oracles look at the outcome.

``python -m scripts.fuzz [--runs N] [--seed S] [--out FOLDER] [CHART…]``; without charts, those of testdata. A case is
made from its number alone, so ``--seed S --runs 1`` repeats it.
"""
