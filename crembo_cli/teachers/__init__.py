"""Saved classifiers of any kind, as black boxes that answer rows with beliefs."""
