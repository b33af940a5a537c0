"""The tree family, one module for each stage: bins, splits, grow, refine, prune."""
