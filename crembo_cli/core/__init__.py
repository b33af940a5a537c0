"""The science: arrays in, arrays out; nothing here knows a file, a screen or ONNX."""
