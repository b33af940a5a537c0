"""The boosted family: many small trees whose leaves add up to a score a class."""
