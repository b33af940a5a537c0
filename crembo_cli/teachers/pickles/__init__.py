"""Pickle, joblib and .skops files; all of it runs in the child process."""
