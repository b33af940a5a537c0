"""Families that compute a score for each class and predict the class with the highest."""
