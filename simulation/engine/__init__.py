"""What makes rules fast and luck repeatable: compiling, caches, keyed draws."""
