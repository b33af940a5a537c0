"""ONNX models: the code that runs in the child process, and the inputs both sides share."""
