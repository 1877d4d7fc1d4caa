from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import PROJECT, python_environment

NOTEBOOK = PROJECT / "examples" / "transfer.ipynb"

EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbformat.validate(notebook)
nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


def outputs(notebook: Path) -> list[Any]:
    cells = json.loads(notebook.read_text())["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("has_widgets", [True, False])
def test_the_example_runs(tmp_path: Path, has_widgets: bool) -> None:
    assert outputs(NOTEBOOK) == [], "the example is committed without outputs"
    # What the kernel looks for configuration in, and may write to.
    environment = {**python_environment(), "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    if not has_widgets:
        (tmp_path / "modules").mkdir()
        (tmp_path / "modules" / "ipywidgets.py").write_text("raise ImportError")
        environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "modules"), environment["PYTHONPATH"]])
    executed = tmp_path / "executed.ipynb"
    # In a process of its own: a client of Jupyter leaves things open.
    result = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(NOTEBOOK), str(executed)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    shown = outputs(executed)
    texts = "".join("".join(output["text"]) for output in shown if output["output_type"] == "stream")
    assert "20 files are in place" in texts
    assert "True" in texts
    assert "b'content'" in texts
    displays = [output["data"] for output in shown if output["output_type"] == "display_data"]
    if has_widgets:
        assert sum("application/vnd.jupyter.widget-view+json" in display for display in displays) == 2
    else:
        bars = ["".join(display["text/html"]) for display in displays]
        assert len(bars) == 2
        assert all('value="1.0000"' in bar and "20 of 20 files" in bar for bar in bars)
