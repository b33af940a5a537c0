"""The runs, one file each, from the inputs to the result; no command line."""
