"""The command ``returnee``: every study, and the dashboard.

The studies know nothing of the dashboard; here they meet.
"""

import os

# Threads of the model do no linear algebra that would gain from more; set before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from returnee.dashboard.command import DASHBOARD_EXAMPLES, dashboard_command
from returnee.experiments.commands.app import app, main

app.command("dashboard", epilog=DASHBOARD_EXAMPLES)(dashboard_command)

__all__ = ["app", "main"]
