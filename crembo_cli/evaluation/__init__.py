"""What a classifier is worth on given rows: metrics, per class, and baselines."""
