"""Saved classifiers of any format, as functions from rows to class probabilities."""
