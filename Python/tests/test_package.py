from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from support import PATIENCE, PROJECT, REPOSITORY, project_copy, script

import p2p_copy
from p2p_copy import errors

EPOCH = "1795403591"


def build(project: Path, destination: Path, kind: str = "wheel", **variables: str) -> Path:
    """Build the package, as ``pip`` does it."""
    destination.mkdir(parents=True)
    names = [name for name in os.environ if name.startswith(("P2P_COPY_", "SOURCE_DATE"))]
    environment = {name: value for name, value in os.environ.items() if name not in names}
    program = f"import sys; from hatchling.build import build_{kind} as build; print(build(sys.argv[1]))"
    result = subprocess.run(
        [sys.executable, "-c", program, str(destination)],
        cwd=project,
        env={**environment, "SOURCE_DATE_EPOCH": EPOCH, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return destination / result.stdout.split()[-1]


def test_there_is_one_version() -> None:
    text = (PROJECT / "pyproject.toml").read_text()
    found = re.search(r'^version = "(.*)"$', text, re.MULTILINE)
    assert found is not None
    assert found[1] == p2p_copy.__version__


def test_the_licence_is_the_projects() -> None:
    assert (PROJECT / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()


def test_every_exit_status_has_its_exception() -> None:
    table = (REPOSITORY / "docs" / "usage.md").read_text()
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)` \|", table, re.MULTILINE)
    assert len(rows) >= 24
    for status, code in rows:
        kind = errors.error_class(code)
        assert kind is not p2p_copy.P2PCopyError, code
        assert (kind.code, kind.status) == (code, int(status))
        assert errors.error_class_for_status(int(status)) is kind
        assert getattr(p2p_copy, kind.__name__) is kind
    assert errors.error_class("invented") is p2p_copy.P2PCopyError


def test_every_public_name_is_there() -> None:
    assert sorted(p2p_copy.__all__) == sorted(set(p2p_copy.__all__))
    assert all(hasattr(p2p_copy, name) for name in p2p_copy.__all__)


def test_a_wheel_without_a_binary_is_for_every_platform(tmp_path: Path) -> None:
    wheel = build(project_copy(tmp_path), tmp_path / "dist")
    assert wheel.name == f"p2p_copy-{p2p_copy.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"p2p_copy-{p2p_copy.__version__}.dist-info/METADATA").decode()
    assert names >= {
        "p2p_copy/__init__.py",
        "p2p_copy/py.typed",
        "p2p_copy_server/__init__.py",
        f"p2p_copy-{p2p_copy.__version__}.dist-info/licenses/LICENSE",
        f"p2p_copy-{p2p_copy.__version__}.dist-info/entry_points.txt",
    }
    assert not [name for name in names if "/bin/" in name or name.startswith("tests")]
    assert "Requires-Python: >=3.9" in metadata
    assert "License-Expression: MIT" in metadata


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_build_gives_the_same_bytes_again(tmp_path: Path, kind: str) -> None:
    digests = set()
    for name in ("one", "two"):
        project = project_copy(tmp_path / name)
        binary = script(tmp_path / name / "p2p-copy", "echo bundled")
        # Neither the time of a file nor its place matters.
        os.utime(binary, (1, len(name)))
        (project / "src" / "p2p_copy" / "api.py").touch()
        built = build(project, tmp_path / name / "dist", kind, P2P_COPY_BINARY_TO_BUNDLE=str(binary))
        digests.add((built.name, hashlib.sha256(built.read_bytes()).hexdigest()))
    assert len(digests) == 1


@pytest.mark.parametrize("platform", [None, "manylinux_2_35_aarch64"])
def test_a_wheel_with_a_binary_is_for_its_platform(tmp_path: Path, platform: str | None) -> None:
    variables = {"P2P_COPY_BINARY_TO_BUNDLE": str(script(tmp_path / "built", "echo bundled"))}
    if platform is not None:
        variables["P2P_COPY_WHEEL_PLATFORM"] = platform
    wheel = build(project_copy(tmp_path), tmp_path / "dist", **variables)
    assert wheel.name == f"p2p_copy-{p2p_copy.__version__}-py3-none-{platform or 'manylinux_2_31_x86_64'}.whl"
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("p2p_copy/bin/p2p-copy") == b"#!/bin/sh\necho bundled"
        mode = archive.getinfo("p2p_copy/bin/p2p-copy").external_attr >> 16
        assert "Root-Is-Purelib: false" in archive.read(f"p2p_copy-{p2p_copy.__version__}.dist-info/WHEEL").decode()
    assert mode & stat.S_IXUSR


def test_an_installed_wheel_starts_what_it_brings_along(tmp_path: Path) -> None:
    directory = tmp_path / "built"
    directory.mkdir()
    script(directory / "p2p-copy", 'echo "bundled $*"')
    (directory / "libexample.so").write_bytes(b"library")
    wheel = build(project_copy(tmp_path), tmp_path / "dist", P2P_COPY_BINARY_TO_BUNDLE=str(directory),
                  P2P_COPY_WHEEL_PLATFORM="any")  # fmt: skip
    venv.create(tmp_path / "venv", with_pip=True, symlinks=True)
    subprocess.run(
        [tmp_path / "venv/bin/pip", "install", "--no-index", "--no-deps", "--disable-pip-version-check", "-q", wheel],
        check=True,
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("P2P_COPY_BINARY", "PYTHONPATH")}
    for command in (["bin/p2p-copy"], ["bin/python", "-m", "p2p_copy"]):
        result = subprocess.run(
            [tmp_path / "venv" / command[0], *command[1:], "send", "a b"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout == "bundled send a b\n"
    assert list((tmp_path / "venv").rglob("p2p_copy/bin/libexample.so"))


def test_a_binary_that_is_not_there_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="there is no p2p-copy at"):
        build(project_copy(tmp_path), tmp_path / "dist", P2P_COPY_BINARY_TO_BUNDLE=str(tmp_path / "gone"))
