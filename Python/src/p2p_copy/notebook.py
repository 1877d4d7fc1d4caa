"""Progress in Jupyter: widgets where ipywidgets is installed, HTML that is replaced otherwise."""

from __future__ import annotations

import html
import importlib
from typing import Any

from ._names import shown
from .events import Progress
from .progress import RateMeter, text

__all__ = ["ProgressDisplay"]


class ProgressDisplay:
    """Shows progress in a notebook, as ``progress=`` takes it.

    It appears below the cell that uses it, at the first progress, or where it is displayed before. Outside a notebook
    it shows nothing, and says where it is as HTML all the same.
    """

    def __init__(self, title: str = "", *, widgets: bool | None = None) -> None:
        """Make a display.

        Args:
            title: What stands before the bar.
            widgets: Whether to use ipywidgets; unless given, where it is installed.

        Raises:
            ImportError: Widgets are asked for, and ipywidgets is not installed.

        """
        self._title = title
        self._widgets = _ipywidgets(widgets)
        self._rate = RateMeter()
        self._progress: Progress | None = None
        self._text = "waiting"
        self._is_closed = False
        self._handle: Any = None
        self._bar: Any = None
        self._label: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show progress."""
        self._progress = progress
        self._text = text(progress, self._rate.add(progress))
        self.show()
        self._update()

    def close(self) -> None:
        """Say that nothing comes any more."""
        self._is_closed = True
        if self._progress is not None:
            self._text = text(self._progress)
        self._update()

    def show(self) -> None:
        """Show it here, unless it is shown already."""
        if self._handle is not None or not _is_notebook():
            return
        display: Any = importlib.import_module("IPython.display")
        if self._widgets is not None:
            self._bar = self._widgets.FloatProgress(min=0, max=1, description=self._title)
            self._label = self._widgets.Label()
            self._update()
            self._handle = display.display(self._widgets.HBox([self._bar, self._label]), display_id=True)
        else:
            self._handle = display.display(display.HTML(self._repr_html_()), display_id=True)

    def _ipython_display_(self) -> None:
        self.show()

    def _update(self) -> None:
        if self._bar is not None:
            self._bar.value = self._fraction or 0
            self._bar.bar_style = self._style
            self._label.value = self._text + self._path
        elif self._handle is not None:
            display: Any = importlib.import_module("IPython.display")
            self._handle.update(display.HTML(self._repr_html_()))

    def _repr_html_(self) -> str:
        # Without a value the bar moves to and fro.
        value = "" if self._fraction is None else f' value="{self._fraction:.4f}"'
        title = f"{html.escape(self._title)} " if self._title else ""
        return f'<div>{title}<progress max="1"{value}></progress> {html.escape(self._text + self._path)}</div>'

    @property
    def _fraction(self) -> float | None:
        return None if self._progress is None else self._progress.fraction

    @property
    def _path(self) -> str:
        if self._is_closed or self._progress is None or self._progress.path is None:
            return ""
        return f": {shown(self._progress.path)}"

    @property
    def _style(self) -> str:
        if not self._is_closed:
            return "info"
        return "success" if self._fraction == 1 else "danger"


def _ipywidgets(wanted: bool | None) -> Any:
    if wanted is False:
        return None
    try:
        return importlib.import_module("ipywidgets")
    except ImportError:
        if wanted:
            raise
        return None


def _is_notebook() -> bool:
    try:
        ipython: Any = importlib.import_module("IPython")
    except ImportError:
        return False
    shell = ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")
