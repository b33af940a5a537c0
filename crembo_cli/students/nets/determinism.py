"""The state of torch in which the same seed gives the same weights, on a CPU and on CUDA."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"  # deterministic products of matrices on CUDA need it
# Where products of float32 may be rounded to fewer bits: cuDNN's convolutions are by default.
BACKENDS = (
    torch.backends.cudnn.conv,
    torch.backends.cuda.matmul,
    torch.backends.mkldnn.conv,
    torch.backends.mkldnn.matmul,
)


@contextmanager
def deterministic() -> Iterator[None]:
    """One thread, deterministic algorithms alone, and all bits of float32, until the block ends.

    cuDNN's benchmark mode is off: it picks the algorithm that was the fastest at the moment.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    only_warn = torch.is_deterministic_algorithms_warn_only_enabled()
    precisions = [each.fp32_precision for each in BACKENDS]
    benchmark = torch.backends.cudnn.benchmark
    workspace = os.environ.get(CUBLAS)
    try:
        os.environ[CUBLAS] = ":4096:8"
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        torch.backends.cudnn.benchmark = False
        for each in BACKENDS:
            each.fp32_precision = "ieee"
        yield
    finally:
        for each, precision in zip(BACKENDS, precisions, strict=True):
            each.fp32_precision = precision
        torch.backends.cudnn.benchmark = benchmark
        torch.use_deterministic_algorithms(strict, warn_only=only_warn)
        torch.set_num_threads(threads)
        os.environ.pop(CUBLAS, None)
        if workspace is not None:
            os.environ[CUBLAS] = workspace


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers and new modules of the CPU, from `seed`, until the block ends.

    Only the CPU's generator is touched: `torch.manual_seed` would reset those of all GPUs too,
    and a default device of the caller's would have the modules drawn by another generator.
    """
    with torch.device("cpu"), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
