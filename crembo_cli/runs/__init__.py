"""The runs, one file each, from the inputs to the result; no command line.

`compress.py`, `evaluate.py`, `score.py`, `compare.py`, `explain.py` and `mlflow.py` are the
functions of the library; the other files are their steps. `compress` takes them in this order:

1. `options` and `rows` check the arguments.
2. `inputs` opens the teacher, reads and splits the table, and queries the teacher, with
   `features`, `labelling` and `classes`.
3. `select` fits students and selects one.
4. `measure` measures it, builds its file and replays it, and builds the report.
5. `compress` judges the requirements, and writes student and reports together.

Words: the *beliefs* are the teacher's class probabilities (n, c); what was *found* is a student and
the path that led to it; rows are *held* where their features are kept in memory; *others* are rows
that the teacher was not queried about, and the student is replayed on.
"""
