"""Defaults that commands and functions have in common, apart from what does the work."""

MONTHS, SEED = 120, 1
MAX_RUNS = 100_000  # of a sweep, unless more are allowed
LINKAGE_REPLICATES, LINKAGE_SAMPLE = 20, 0.02
ENSEMBLE_MEMBERS = 40  # of a calibration
BURN_IN = 60  # months of history before the policy, as in `returnee.simulation`
MORRIS, SOBOL = "morris", "sobol"  # ways to measure sensitivity
