"""The runs, one file each, from the inputs to the result; no command line.

`compress.py`, `evaluate.py`, `score.py`, `compare.py`, `explain.py` and `mlflow.py` are the functions
of the library; the other files are their steps. `compress` takes them in this order: `options`
and `rows` (check the arguments), `inputs` (open the teacher, read and split the table, query the
teacher; `features`, `labelling` and `classes` help), `select` (fit and select the student),
`measure` (measure it, write and replay its file, build the report), `repeats` (other seeds).
"""
