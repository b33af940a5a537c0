"""A device that is not the CPU, for machines without a GPU: tensors that claim to be elsewhere.

They compute on the CPU, so results are real; but an operation on tensors of both devices raises,
as CUDA would. Torch's device "meta" lends its name: every build of torch knows it, and its own
tensors hold no numbers, so nothing else in training can come to lie there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

OTHER = "meta"
MOVES = ("aten._to_copy.default", "aten.copy_.default")  # from one device to the other


class Elsewhere(torch.Tensor):
    """A tensor on the device `OTHER`, whose numbers lie in `held`."""

    held: torch.Tensor

    @staticmethod
    def __new__(cls, held: torch.Tensor) -> Elsewhere:
        """Claim the shape of `held`, and the other device."""
        found: Elsewhere = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=OTHER,
        )
        found.held = held
        return found

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Operations outside of the mode; see `compute`."""
        del types
        return compute(func, args, kwargs or {})


class Device(TorchDispatchMode):
    """Lets tensors be moved to the other device, and notes the operations that ran there."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: set[str] = set()  # such as "aten.mm.default"

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """See `compute`."""
        del types
        result = compute(func, args, kwargs or {})
        if any(isinstance(each, Elsewhere) for each in tree_leaves((args, kwargs, result))):
            self.operations.add(str(func))
        return result


def compute(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operation on the numbers. Raises RuntimeError where its tensors lie apart.

    A number of the CPU, a tensor without dimensions, may be used on any device.
    """
    tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
    there = any(isinstance(each, Elsewhere) for each in tensors)
    here = any(not isinstance(each, Elsewhere) and each.ndim for each in tensors)
    if there and here and str(func) not in MOVES:
        raise RuntimeError(f"{func}: expected all tensors to be on the same device")
    if str(func) == "aten.copy_.default":
        there = isinstance(args[0], Elsewhere)
    args, kwargs = tree_map_only(Elsewhere, lambda each: each.held, (args, kwargs))
    if kwargs.get("device") is not None:
        there = torch.device(kwargs["device"]).type == OTHER
        kwargs = {**kwargs, "device": torch.device("cpu")}
    result = func(*args, **kwargs)
    return tree_map_only(torch.Tensor, Elsewhere, result) if there else result


@contextmanager
def other_device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    """The device `OTHER`, until the block ends; fused optimizers know it as they know CUDA."""
    optimizer = import_module("torch.optim.optimizer")
    with monkeypatch.context() as patch, Device() as device:
        patch.setattr(optimizer, "_get_fused_kernels_supported_devices", lambda: ["cpu", OTHER])
        yield device
