"""ONNX out: the teacher's signature, the student's nodes, replay, and writing in one step."""
