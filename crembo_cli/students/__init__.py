"""Families of students: the contract, the registry, and our own."""
