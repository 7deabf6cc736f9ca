"""What pyproject.toml can't say: the packages are those of src/, and those of rules/ under another name."""

from setuptools import find_packages, setup

RULES = "helm_constitution.rules"

# src/helm_constitution/rules is a symlink, for mypy; not every checkout and no source distribution has it.
setup(
    packages=[
        *find_packages("src", exclude=[f"{RULES}*"]),
        RULES,
        *(f"{RULES}.{name}" for name in find_packages("rules")),
    ]
)
