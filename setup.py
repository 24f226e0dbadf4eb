"""Build of the compiled modules; everything else about the package is in pyproject.toml.

Environment switches, each for a checked and slower build:
    FASTERAPI_DEBUG=1        all run-time checks, debug symbols, annotated HTML under build/
    FASTERAPI_TRACE=1        line tracing, for coverage of .pyx files
    FASTERAPI_SANITIZE=1     AddressSanitizer and UndefinedBehaviorSanitizer
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SWITCHES = ("DEBUG", "TRACE", "SANITIZE")
ON = {name for name in SWITCHES if os.environ.get(f"FASTERAPI_{name}", "") not in ("", "0")}
CHECKED = bool(ON)
FLAVOUR = "-".join(sorted(ON)).lower() or "release"

# Per interpreter and flavour, so that builds at the same time never share a file, and outside
# the package, so that no generated .c can reach git, the sdist or a wheel.
GENERATED = Path("build", f"cython-{sys.implementation.cache_tag}-{FLAVOUR}")

DIRECTIVES = {
    "language_level": 3,
    "binding": False,  # with True, Class.method(object of another type) crashes the process
    "annotation_typing": False,  # types come from cdef; annotations are for readers
    "auto_pickle": False,  # no __reduce_cython__ in the public surface
    "autotestdict": False,  # nor __test__: stubtest compares without exceptions
    "embedsignature": True,
    "embedsignature.format": "clinic",  # inspect.signature works without binding
    "freethreading_compatible": True,
    "boundscheck": True,  # no cost measured; a loop may switch it off with the proof beside it
    "wraparound": False,
    "cdivision": False,  # // and % follow Python
    "initializedcheck": CHECKED,
    "nonecheck": CHECKED,  # 6 ns a call in a tight loop; arguments say `not None` instead
    "overflowcheck": CHECKED,
    "linetrace": "TRACE" in ON,
    "profile": "TRACE" in ON,
    "warn.unused": True,
    "warn.unused_arg": True,
    "warn.unused_result": True,
    "warn.maybe_uninitialized": True,
}

# After `error.__traceback__ = None`, CPython 3.11 keeps None where later versions keep nothing, and
# Cython's coroutines (3.3.1) then read a frame out of None: the process crashes. User code may do
# that assignment at any time, so the tests in the generated C are completed here.
TRACEBACK_TESTS = {
    "if (exc_tb) {": "if (exc_tb && exc_tb != Py_None) {",
    "if (likely(exc_tb)) {": "if (likely(exc_tb && exc_tb != Py_None)) {",
}

NO_COMPILER = """
FasterAPI has compiled parts, and {problem}.

  Debian, Ubuntu   apt-get install build-essential python3-dev
  Fedora, RHEL     dnf install gcc python3-devel
  Alpine           apk add build-base python3-dev
  macOS            xcode-select --install
  Windows          winget install Microsoft.VisualStudio.2022.BuildTools
                   and choose "Desktop development with C++" in its installer

Then run the same command again.
"""


def macros() -> list[tuple[str, str | None]]:
    """Return preprocessor definitions of this flavour."""
    if "TRACE" not in ON:
        return []
    # Without the last one CPython 3.13 reports no line of a .pyx, and no error either.
    names = {"CYTHON_TRACE": "1", "CYTHON_TRACE_NOGIL": "1", "CYTHON_USE_SYS_MONITORING": "0"}
    return list(names.items())


def compiler_flags() -> tuple[list[str], list[str]]:
    """Return arguments for the compiler and for the linker."""
    if sys.platform == "win32":
        return [], []
    sanitizers = ["-fsanitize=address,undefined"] if "SANITIZE" in ON else []
    if not CHECKED:
        return ["-O3", "-g0"], []
    level = "-O1" if sanitizers else "-O0"
    return [level, "-g3", "-UNDEBUG", "-fno-omit-frame-pointer", *sanitizers], sanitizers


def extensions() -> list[Extension]:
    """Return one extension for each .pyx file of the package."""
    compile_args, link_args = compiler_flags()
    return [
        Extension(
            ".".join(source.with_suffix("").parts),
            [source.as_posix()],
            define_macros=macros(),
            extra_compile_args=compile_args,
            extra_link_args=link_args,
        )
        for source in sorted(Path("fasterapi").rglob("*.pyx"))
    ]


def translate(modules: list[Extension]) -> None:
    """Have Cython write C for *modules*, and make that their source."""
    from Cython.Build import cythonize
    from Cython.Compiler.Errors import CompileError

    try:
        translated = cythonize(
            modules,
            build_dir=str(GENERATED),
            compiler_directives=DIRECTIVES,
            annotate="DEBUG" in ON,
            nthreads=os.cpu_count() or 1,
        )
    except CompileError as error:
        raise SystemExit(f"Cython refused {error}; its reasons are above") from error
    sources = {module.name: module.sources for module in translated}
    for module in modules:
        module.sources = sources[module.name]
        for source in module.sources:
            complete_traceback_tests(Path(source))


def complete_traceback_tests(generated: Path) -> None:
    """Make coroutines in *generated* survive an exception whose traceback was set to None."""
    before = generated.read_text(encoding="utf-8")
    after = before
    for test, complete in TRACEBACK_TESTS.items():
        after = after.replace(test, complete)
    if after != before:  # an unchanged file keeps its time, and its module is not compiled again
        generated.write_text(after, encoding="utf-8")


def missing_tool(command: str) -> str | None:
    """Return what keeps the C compiler from working here, None if nothing obvious does."""
    if sys.platform != "win32" and shutil.which(command) is None:
        return f"no C compiler was found (looked for {command!r})"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"the header files of Python {version} are not installed (Python.h)"
    return None


class BuildExtensions(build_ext):
    """setuptools' command, which here says in words which tool is missing.

    Translating to C waits until it runs, so that the sdist and the metadata need neither.
    """

    def run(self) -> None:
        """Build; from scratch if what is there has another flavour."""
        command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
        problem = missing_tool(command)
        if problem is not None:
            raise SystemExit(NO_COMPILER.format(problem=problem))
        marker = Path("build", f"flavour-{sys.implementation.cache_tag}")
        before = marker.read_text(encoding="ascii") if marker.is_file() else FLAVOUR
        self.force = self.force or before != FLAVOUR
        translate(self.extensions)
        super().run()
        if self.inplace:
            marker.parent.mkdir(exist_ok=True)
            marker.write_text(FLAVOUR, encoding="ascii")

    def build_extensions(self) -> None:
        """Compile; Windows knows only now whether there is a compiler."""
        try:
            super().build_extensions()
        except Exception as error:
            if sys.platform != "win32" or "Visual C++" not in str(error):
                raise
            raise SystemExit(NO_COMPILER.format(problem="no C compiler was found")) from error


if __name__ == "__main__":
    setup(
        ext_modules=extensions(),
        cmdclass={"build_ext": BuildExtensions},
        options={"build_ext": {"parallel": os.cpu_count() or 1}},
    )
