"""The family of rules: an ordered list of short conjunctions."""
