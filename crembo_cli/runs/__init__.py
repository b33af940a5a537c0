"""The runs, one file each, from the inputs to the result; no command line.

`compress.py`, `evaluate.py`, `score.py`, `compare.py`, `explain.py` and `mlflow.py` are the
functions of the library; the other files are their steps. `compress` takes them in this order:

1. `options`, `rows`, `decision`, `select` and others check the arguments.
2. `inputs` opens the teacher, reads and splits the table, and queries the teacher, with
   `features`, `labelling` and `classes`.
3. `select` fits students and selects one.
4. `measure` measures it, builds its file and replays it, and builds the report.
5. `compress` judges the requirements, and writes student and reports together.

Words: the *beliefs* are the teacher's class probabilities (n, c); what was *found* is a student and
the path that led to it; rows are *held* where their features are kept in memory; *others* are the
other rows of the table: they are read again, block by block, for the student to be replayed on and,
with `--rows all`, for the teacher to be queried about and all to be measured.
"""
