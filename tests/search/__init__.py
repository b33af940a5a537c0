"""Tests of crembo_cli.frontier."""
