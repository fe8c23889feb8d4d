"""What studies of many settings say."""
