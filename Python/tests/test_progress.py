from __future__ import annotations

import builtins
import io
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import Any

import pytest
import rich.console
import rich.progress
from support import both

from p2p_copy import Progress, receive_files, send_bytes
from p2p_copy.notebook import ProgressDisplay
from p2p_copy.progress import RateMeter, rich_progress, text, tqdm_progress


def progress(count: int, *, known: bool = True, files: int = 1, path: str | None = None) -> Progress:
    return Progress(
        datetime.now(timezone.utc),
        bytes=count,
        transferred_bytes=count,
        files=files,
        is_total_known=known,
        total_bytes=4 << 20,
        total_files=3,
        path=None if path is None else PurePosixPath(path),
    )


def test_text() -> None:
    assert text(progress(1 << 20)) == "1 of 3 files, 1.0 MiB of 4.0 MiB"
    assert text(progress(1000, known=False), 2048) == "1 files, 1000 B, 2.0 KiB/s"
    assert text(progress(1 << 20), 1 << 20) == "1 of 3 files, 1.0 MiB of 4.0 MiB, 1.0 MiB/s, 3 s left"
    assert text(progress(1 << 20), 16 << 10).endswith("3 min 12 s left")
    assert text(progress(0), 100).endswith("11 h 39 min left")


def test_rates_are_over_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    meter = RateMeter()
    assert meter.add(progress(0)) is None
    rates = []
    for second in range(1, 20):
        now = float(second)
        rates.append(meter.add(progress(1000 * second if second < 10 else 10_000)))
    assert rates[0] == rates[8] == 1000
    assert rates[-1] == 0
    assert len(meter._samples) <= 7


def test_tqdm() -> None:
    output = io.StringIO()
    shown = tqdm_progress(file=output, desc="results", mininterval=0, ascii=True)
    shown(progress(1 << 20, known=False))
    shown(progress(2 << 20))
    shown(progress(1 << 20))
    shown(progress(4 << 20, files=3))
    shown.close()
    last = output.getvalue().split("\r")[-1]
    assert last.startswith("results: 100%")
    assert "4.00M/4.00M" in last
    assert "3 files" in last


def test_rich() -> None:
    console = rich.console.Console(file=io.StringIO(), width=100, force_terminal=True)
    with rich.progress.Progress(console=console) as display:
        shown = rich_progress("results", display)
        shown(progress(1 << 20, known=False, path="a\n/[b]"))
        assert display.tasks[0].total is None
        assert display.tasks[0].description == r"results a\n/[b]"
        shown(progress(4 << 20, files=3))
        shown.close()
        assert display.tasks[0].finished
        assert display.tasks[0].description == "results"


def test_rich_with_a_display_of_its_own() -> None:
    shown = rich_progress()
    shown.close()
    shown(progress(4 << 20))
    shown.close()


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
async def test_the_end_of_a_transfer_is_shown(relay: str, out: Any, code: str, kind: str) -> None:
    output = io.StringIO()
    display = rich.progress.Progress(console=rich.console.Console(file=output, width=80))
    shown: Any = tqdm_progress(file=output) if kind == "tqdm" else rich_progress("x", display)
    await both(
        send_bytes(b"content", "x", relay=relay, code=code),
        receive_files(out, relay=relay, code=code, progress=shown),
    )
    if kind == "tqdm":
        assert shown._bar.n == shown._bar.total == 7
    else:
        assert display.tasks[0].finished


@pytest.mark.parametrize(("name", "make"), [("tqdm", tqdm_progress), ("rich", rich_progress)])
def test_what_is_not_installed_is_said_at_once(name: str, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(module: str, *others: Any, **options: Any) -> Any:
        if module.split(".")[0] == name:
            raise ImportError(f"no {name}")
        return plain(module, *others, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=f"no {name}"):
        make()


class Handle:
    def __init__(self, shown: list[Any]) -> None:
        self.shown = shown

    def update(self, content: Any) -> None:
        self.shown.append(content)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A notebook, as far as a display can tell."""
    shown: list[Any] = []

    def display(content: Any, **_: Any) -> Handle:
        shown.append(content)
        return Handle(shown)

    import IPython.display

    monkeypatch.setattr("p2p_copy.notebook._is_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", display)
    yield shown


def test_a_display_outside_a_notebook_is_html() -> None:
    display = ProgressDisplay("<results>")
    assert display._repr_html_() == '<div>&lt;results&gt; <progress max="1"></progress> waiting</div>'
    display(progress(1 << 20, path="a<b>\udcff\n"))
    assert 'value="0.2500"' in display._repr_html_()
    assert r"a&lt;b&gt;\xff\n" in display._repr_html_()
    display(progress(4 << 20, files=3))
    display.close()
    assert "3 of 3 files, 4.0 MiB of 4.0 MiB</div>" in display._repr_html_()


def test_a_display_without_widgets_is_replaced(notebook: list[Any]) -> None:
    display = ProgressDisplay("results", widgets=False)
    display._ipython_display_()
    assert [content.data for content in notebook] == ['<div>results <progress max="1"></progress> waiting</div>']
    display(progress(1 << 20))
    display.close()
    assert len(notebook) == 3
    assert 'value="0.2500"' in notebook[-1].data


def test_a_display_with_widgets_moves_its_bar(notebook: list[Any]) -> None:
    display = ProgressDisplay("results", widgets=True)
    display(progress(1 << 20))
    box = notebook[0]
    bar, label = box.children
    assert bar.value == 0.25
    assert bar.description == "results"
    assert label.value.startswith("1 of 3 files")
    assert bar.bar_style == "info"
    display(progress(4 << 20))
    display.close()
    assert bar.bar_style == "success"
    assert len(notebook) == 1


def test_widgets_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert ProgressDisplay()._widgets is None
    with pytest.raises(ImportError):
        ProgressDisplay(widgets=True)
