"""Many counties as one study: who they are, what they gain, where money goes, what a study of them finds."""
