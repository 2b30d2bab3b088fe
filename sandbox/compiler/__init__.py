"""Compilers: solc (npm), Vyper (PyPI) and artifacts other toolchains built, behind one door, `Compilers.build`."""

from sandbox.compiler.build import COMPILERS as COMPILERS
from sandbox.compiler.build import Compilers as Compilers
from sandbox.compiler.process import Bounds as Bounds
