"""A fuzzer: charts and a team's files are mutated, everything is run over them, and oracles look at the outcome.

``python -m scripts.fuzz [--runs N] [--seed S] [--command COMMAND] [--out FOLDER] [CHART…]``; without charts, those of
testdata. A case is made from its number alone, so ``--seed S --runs 1`` repeats it. With ``--command server`` the
mutations are edits in a real language server; how they meet its checks depends on the clock.
"""
