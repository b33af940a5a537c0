"""Find the student: training rows, the path and its selection, and a comparison of candidates."""
