"""The command ``returnee``, as ``python -m experiments``."""

from experiments.cli import main

main()
