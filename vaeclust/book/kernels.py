"""Kernels that start warm: forked from a process that has imported what every chapter needs (page ``reproduce``).

Every chapter still has a process of its own, in which nothing has run but imports: it cannot tell the difference, but
that its first cell takes a fifth of a second instead of three.
"""

import gc
import os
import sys
from functools import cache
from multiprocessing import forkserver, get_context
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from vaeclust.cores import end_with

NAME = "vaeclust-forked"  # in the entry-point group jupyter_client.kernel_provisioners

# What makes a process start its kernels so. Matplotlib reads its backend when it is imported. Other systems than Linux
# cannot fork, or not with their own libraries for arithmetic loaded: there kernels start as they always do.
ENVIRONMENT = (
    {
        "JUPYTER_DEFAULT_PROVISIONER_NAME": NAME,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    if sys.platform == "linux"
    else {}
)

# Imports start no threads, which a fork would lose; a first fit or layout would. The last one tells tqdm that it is in
# a notebook, which is for the kernel to find out.
PLOTS = ("clusters", "comparison", "conditions", "corpus", "maps", "training")
LIBRARIES = ("plotly.io", "torch._dynamo", "umap", "ipykernel.kernelapp")
IMPORTED = (*(f"vaeclust.plots.{name}" for name in PLOTS), "vaeclust.studies.protocol", *LIBRARIES)


class ForkedProvisioner(LocalProvisioner):
    """Starts a kernel as a fork instead of a new interpreter; all else is as Jupyter does it."""

    async def launch_kernel(self, cmd: list[str], **settings) -> KernelConnectionInfo:
        """Fork the kernel; cmd: what would be run, of which the kernel's own options count."""
        options = cmd[cmd.index("-f") :]
        place = settings.get("cwd") or os.getcwd()
        process = _server().Process(target=_kernel, args=(options, settings["env"], place, os.getpid()))
        process.start()
        self.process, self.pid, self.pgid = _Forked(process), process.pid, process.pid
        return self.connection_info


class _Forked:
    """A process of ``multiprocessing`` under the names that ``subprocess`` gives to the same things."""

    stdin = stdout = stderr = None

    def __init__(self, process: BaseProcess):
        self.process = process

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()


@cache
def _server() -> BaseContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    return context


def prepare() -> None:
    """Start the process that kernels are forked from, if this process starts them so; it imports while we go on."""
    if os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME") == NAME:
        _server()
        forkserver.ensure_running()


def _kernel(options: list[str], environment: dict[str, str], folder: str, runner: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    os.setsid()  # signals to the terminal's group are not for the kernel
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    gc.freeze()  # what was imported stays, so that no collection of garbage has to look through it
    end_with(runner, server=os.getppid())  # the server alone would live on as long as any kernel does
    IPKernelApp.launch_instance(argv=options)
