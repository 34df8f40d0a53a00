"""Compile the hot rooms where a C compiler is at hand; everything runs without them, slower.

``WSANALYZE_COMPILE=0`` leaves them interpreted, ``WSANALYZE_COMPILE=1`` makes a failed compilation
an error.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

COMPILE = os.environ.get("WSANALYZE_COMPILE", "auto")


def compiled_modules() -> list[Extension]:
    """Every module with a ``.pxd`` beside it, as an extension."""
    from Cython.Build import cythonize

    extensions = [
        Extension(
            ".".join(path.with_suffix("").parts),
            [str(path.with_suffix(".py"))],
            extra_compile_args=["-O3"],
            optional=COMPILE != "1",
        )
        for path in sorted(Path("analyzer").rglob("*.pxd"))
        if path.name != "__init__.pxd"
    ]
    return cythonize(
        extensions,
        build_dir="build/cython",
        language_level="3",
        force=True,  # a changed .pxd of another module is not always noticed
        # boundscheck stays on: captures are hostile input. Negative indices are never used.
        compiler_directives={
            "boundscheck": True,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": False,
            # The .pxd files alone give C types; "int" in an annotation is for people and mypy.
            "annotation_typing": False,
        },
    )


class RecordingBuildExt(build_ext):
    """Writes down which sources were compiled, so that the tests can refuse stale ones."""

    def finalize_options(self) -> None:
        super().finalize_options()
        # setuptools compiles one file after another unless it is asked.
        self.parallel = self.parallel or os.cpu_count()

    def run(self) -> None:
        super().run()
        if not self.extensions:
            return
        folder = Path("analyzer")
        sources = list(folder.rglob("*.pxd"))
        sources += [path.with_suffix(".py") for path in sources]
        digests = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(sources)
        }
        target = folder if self.inplace else Path(self.build_lib, "analyzer")
        target.joinpath("compiled.json").write_text(json.dumps(digests, indent=1) + "\n")


setup(
    cmdclass={"build_ext": RecordingBuildExt},
    ext_modules=[] if COMPILE == "0" else compiled_modules(),
)
