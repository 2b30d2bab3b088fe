"""Reads the YAML of a document, for comparing it with a shipped file."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML


def load(text: str) -> Any:
    """The file's data."""
    return YAML(typ="safe", pure=True).load(text)


def first_yaml_block(markdown: str) -> Any:
    """The data of the first fenced YAML block."""
    match = re.search(r"```yaml\n(.*?)```", markdown, re.DOTALL)
    assert match is not None
    return load(match[1])
