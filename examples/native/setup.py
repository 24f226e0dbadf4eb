"""Builds the handlers in place: ``python setup.py build_ext --inplace``."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# FasterAPI's .pxd files are installed beside its modules, where Cython looks for them.
setup(name="ultra", ext_modules=cythonize([Extension("ultra", ["ultra.pyx"])]))
