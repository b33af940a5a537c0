"""How good a classifier is on given rows: metrics overall and by class, and CART baselines."""
