"""Many runs: compare policies over replicates, keep the results, and say what they mean."""
