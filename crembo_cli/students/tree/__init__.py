"""The tree family, one file for each stage of the data: bins, splits, grow, refine, prune."""
