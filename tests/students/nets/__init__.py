"""Tests of the families that torch trains."""
