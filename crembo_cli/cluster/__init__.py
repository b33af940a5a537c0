"""Work on the blocks of a table in other processes: what a task is, and Dask, which runs them."""
