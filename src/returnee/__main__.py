"""The command ``returnee``, as ``python -m returnee``."""

from returnee.command import main

main()
