"""The version of this package, which is the version of the binary that it drives."""

__version__ = "0.2.0"
