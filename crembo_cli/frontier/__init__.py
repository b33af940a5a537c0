"""Many students for one teacher: fitted side by side, and the one that is worth its size."""
