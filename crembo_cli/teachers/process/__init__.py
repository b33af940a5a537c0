"""The child process that holds a model, and the teacher that queries it."""
