"""Standard input: {"settings", "jobs": [{"unit", "sources"}]}. Standard output: a JSON list, one output for each job.

Runs in a process of its own. Vyper's own standard JSON refuses two sources of one file name, so its pieces are called
here; the input bundle holds the sources handed in and never touches the disk.
"""

import json
import sys
from pathlib import PurePath
from typing import Any

from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import JSONInputBundle
from vyper.compiler.settings import OptimizationLevel, Settings
from vyper.exceptions import VyperException

FORMATS = ["abi", "bytecode", "bytecode_runtime", "layout"]


def compile_job(job: dict[str, Any], told: dict[str, str]) -> dict[str, Any]:
    """The job's outputs, or `{"error": {type, message, text, line, column}}`."""
    sources = {PurePath(unit): {"content": text} for unit, text in job["sources"].items()}
    bundle = JSONInputBundle(sources, search_paths=[PurePath(".")])
    settings = Settings(evm_version=told["evmVersion"], optimize=OptimizationLevel.from_string(told["optimize"]))
    try:
        file = bundle.load_file(PurePath(job["unit"]))
        return dict(compile_from_file_input(file, input_bundle=bundle, settings=settings, output_formats=FORMATS))
    except (VyperException, SyntaxError, ValueError, FileNotFoundError, RecursionError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "col_offset", None)
        message = str(getattr(error, "message", error))
        name = type(error).__name__
        return {"error": {"type": name, "message": message, "text": str(error), "line": line, "column": column}}


if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump([compile_job(job, request["settings"]) for job in request["jobs"]], sys.stdout, default=str)
