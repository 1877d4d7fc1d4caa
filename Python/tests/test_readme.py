from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from support import PROJECT, make_tree, run_python, tree

TEXT = (PROJECT / "README.md").read_text()


def test_the_examples_run(relay: str, tmp_path: Path) -> None:
    """In the order in which they stand there: what one leaves, the next may use."""
    blocks = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 7
    layout = {"a.csv": b"a", "sub/b.csv": b"bb", "left.tmp": b"left out"}
    make_tree(tmp_path / "results", layout)
    for number, block in enumerate(blocks):
        if number in (1, 2, 6):
            # Each begins with nothing received.
            shutil.rmtree(tmp_path / "downloads", ignore_errors=True)
        program = block.replace("wss://relay.example.org", relay)
        result = run_python("-W", "error", "-c", program, cwd=tmp_path)
        assert result.returncode == 0, f"{block}\n{result.stdout}\n{result.stderr}"
        assert result.stderr == ""
        if number in (0, 1):
            assert tree(tmp_path / "downloads") == {f"results/{name}": content for name, content in layout.items()}
        if "as it was sent" in block:
            assert "as it was sent" in result.stdout


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT))
def test_links_lead_somewhere(name: str) -> None:
    assert (PROJECT / name).exists()
