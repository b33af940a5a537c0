"""The student's ONNX file: signature, nodes, metadata, replay; and reading it back."""
