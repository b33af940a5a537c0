"""Delimited text as a table: source, header, one scan, parsing, and diagnosis of faults."""
