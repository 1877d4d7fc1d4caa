"""Ways to show progress, as ``progress=`` takes them: with tqdm, with rich, or as text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ._names import shown
from .events import Progress

if TYPE_CHECKING:
    import rich.progress

__all__ = ["RateMeter", "RichProgress", "TqdmProgress", "rich_progress", "text", "tqdm_progress"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(count: float) -> str:
    """Return a number of bytes for a person, such as ``1.9 MiB``."""
    unit = 0
    while count >= 1024 and unit < len(_UNITS) - 1:
        count /= 1024
        unit += 1
    return f"{count:.0f} {_UNITS[unit]}" if unit == 0 else f"{count:.1f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """Return a time for a person, such as ``3 min 20 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{whole} s"


class RateMeter:
    """How quick a transfer is, over about the last five seconds."""

    _SPAN = 5.0

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []

    def add(self, progress: Progress) -> float | None:
        """Take note of how far it is now.

        Returns:
            Bytes a second; ``None`` while that cannot be told.

        """
        now = time.monotonic()
        self._samples.append((now, progress.transferred_bytes))
        while len(self._samples) > 2 and now - self._samples[1][0] >= self._SPAN:
            del self._samples[0]
        start, count = self._samples[0]
        return (progress.transferred_bytes - count) / (now - start) if now > start else None


def text(progress: Progress, rate: float | None = None) -> str:
    """Return progress in one line.

    Args:
        progress: The progress.
        rate: Bytes a second, of which the time left is made; ``None`` to leave both out.

    """
    if progress.is_total_known:
        parts = [
            f"{progress.files} of {progress.total_files} files",
            f"{size(progress.bytes)} of {size(progress.total_bytes)}",
        ]
    else:
        parts = [f"{progress.files} files", size(progress.bytes)]
    if rate is not None and rate >= 1:
        parts.append(f"{size(rate)}/s")
        if progress.is_total_known and progress.bytes < progress.total_bytes:
            parts.append(f"{duration((progress.total_bytes - progress.bytes) / rate)} left")
    return ", ".join(parts)


class TqdmProgress:
    """A bar of tqdm, made when there is something to show."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._bar: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show progress."""
        if self._bar is None:
            from tqdm.auto import tqdm

            self._bar = tqdm(**{"unit": "B", "unit_scale": True, "unit_divisor": 1024, **self._options})
        # A total that grows still is none.
        self._bar.total = progress.total_bytes if progress.is_total_known else None
        self._bar.set_postfix_str(f"{progress.files} files", refresh=False)
        self._bar.update(progress.bytes - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()


class RichProgress:
    """A task in a progress display of rich."""

    def __init__(self, description: str, display: rich.progress.Progress | None = None) -> None:
        self._description = description
        self._display = display
        self._owns_display = display is None
        self._task: Any = None

    def __call__(self, progress: Progress) -> None:
        """Show progress."""
        if self._display is None:
            import rich.progress

            self._display = rich.progress.Progress(
                rich.progress.TextColumn("{task.description}"),
                rich.progress.BarColumn(),
                rich.progress.DownloadColumn(binary_units=True),
                rich.progress.TransferSpeedColumn(),
                rich.progress.TimeRemainingColumn(),
            )
            self._display.start()
        if self._task is None:
            self._task = self._display.add_task(self._description, total=None)
        self._display.update(
            self._task,
            completed=progress.bytes,
            total=progress.total_bytes if progress.is_total_known else None,
            description=self._description if progress.path is None else f"{self._description} {shown(progress.path)}",
        )

    def close(self) -> None:
        """Leave the display as it is, and end one that was made here."""
        if self._display is None:
            return
        if self._task is not None:
            self._display.update(self._task, description=self._description)
        if self._owns_display:
            self._display.stop()


def tqdm_progress(**options: Any) -> TqdmProgress:
    """Return what shows progress with tqdm, which has to be installed.

    Args:
        options: Arguments of ``tqdm``, such as ``desc``.

    Raises:
        ImportError: tqdm is not installed.

    """
    import tqdm.auto  # noqa: F401

    return TqdmProgress(**options)


def rich_progress(description: str = "p2p-copy", display: rich.progress.Progress | None = None) -> RichProgress:
    """Return what shows progress with rich, which has to be installed.

    Args:
        description: What stands before the bar.
        display: A display that is shown already, for several transfers at once; otherwise one is made.

    Raises:
        ImportError: rich is not installed.

    """
    import rich.progress  # noqa: F401

    return RichProgress(description, display)
