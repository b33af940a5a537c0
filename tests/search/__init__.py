"""Tests of crembo_cli.search."""
