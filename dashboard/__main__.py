"""``python -m dashboard`` is the command ``returnee``."""

from dashboard.command import main

main()
