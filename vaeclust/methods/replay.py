"""A function of tensors as the list of its operations, run again without Python in between (chapter ``03_vae``)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


def trace(function: Callable[..., tuple[Tensor, ...]], *inputs: Tensor) -> Callable[..., tuple[Tensor, ...]]:
    """Run a function of tensors once, and return the tensor operations that it called, as one function.

    That one takes tensors of the shapes of ``inputs``, and returns the same bits in a third less time. Whatever does
    not come from the inputs stays as it was: numbers, branches taken, tensors from elsewhere. An operation that writes
    into an input does so when recorded, too.

    TorchScript, in which the operations are written, is deprecated. Where it is gone, or has no word for one of them,
    the function itself is returned: slower, with the same bits.

    >>> double = trace(lambda x: (2 * x,), torch.ones(2))
    >>> double(torch.tensor([1.0, 3.0]))
    (tensor([2., 6.]),)
    """
    with _Operations(inputs) as operations:
        results = function(*inputs)
    constants = operations.constants
    given, returned = operations.listed((*inputs, *constants)), operations.listed(results)
    lines = [f"def run({given}):", *operations.lines, f"return {returned},"]
    try:
        run = torch.jit.CompilationUnit("\n    ".join(lines) + "\n").run
    except (AttributeError, RuntimeError):  # what is not implemented is a RuntimeError, too
        return function

    def replay(*others: Tensor) -> tuple[Tensor, ...]:
        with torch.no_grad():
            return run(*others, *constants)

    return replay


class _Operations(TorchDispatchMode):
    """Writes every tensor operation down as a line of TorchScript: ``x7 = torch.ops.aten.add(x3, x5)``.

    TorchScript finds the variant of an operation by its arguments.
    """

    def __init__(self, inputs: tuple[Tensor, ...]):
        super().__init__()
        self.lines: list[str] = []
        self.constants: list[Tensor] = []
        self.names: dict[int, str] = {}
        self.tensors: list[Tensor] = []  # are kept, so that no other one gets the id of one that is gone
        for tensor in inputs:
            self.name(tensor)

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Call an operation and write it down."""
        kwargs = kwargs or {}
        settings = [f"{name}={self.text(value)}" for name, value in kwargs.items()]
        call = ", ".join([*map(self.text, args), *settings])
        results = function(*args, **kwargs)
        names = [self.name(result) for result in ([results] if isinstance(results, Tensor) else results)]
        operation = f"torch.ops.{function.namespace}.{function.overloadpacket.__name__}"
        self.lines.append(f"{', '.join(names)} = {operation}({call})")
        return results

    def name(self, tensor: Tensor | None) -> str:
        """Return the name of a result, a new one for a tensor that was not seen before; None was not computed."""
        if tensor is None:
            return "_"
        self.tensors.append(tensor)
        return self.names.setdefault(id(tensor), f"x{len(self.names)}")

    def text(self, value: Any) -> str:
        """Write an argument; a tensor from elsewhere becomes a constant."""
        if isinstance(value, Tensor):
            if id(value) not in self.names:
                self.constants.append(value)
            return self.name(value)
        if isinstance(value, (list, tuple)):
            return f"[{self.listed(value)}]"
        return repr(str(value) if isinstance(value, torch.device) else value)

    def listed(self, values: Iterable[Any]) -> str:
        """Write several arguments."""
        return ", ".join(map(self.text, values))
