#!/usr/bin/env python3
"""Links the objects of a release build into an executable that needs glibc 2.31 or later and nothing else.

    link.py --objects LIST --sysroot DIRECTORY --work DIRECTORY --output FILE

Swift's runtime, libstdc++ and the codecs' C libraries come out of their archives, glibc out of the folder that sysroot.sh
makes. Nothing is compiled but the few symbols that glibc 2.31 lacks.

The linker can leave out what nobody uses only where it is allowed to, and Swift's compiler asks for every public function
to be kept, as if a library were made of it. So it gets copies of the objects in which that is not asked for. They have no
tables for unwinding the stack either, a seventh of the size: Swift does not unwind, no C++ in here throws what anybody
catches, and who wants a backtrace has the ordinary build.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import struct
import subprocess
import sys
from pathlib import Path

# What the executable is made of besides its objects, without lib and .a.
SWIFT_LIBRARIES = [
    "FoundationEssentials",
    "_FoundationCollections",
    "_FoundationCShims",
    "swift_StringProcessing",
    "swift_RegexParser",
    "swift_Concurrency",
    "swiftSynchronization",
    "swift_Builtin_float",
    "swiftDispatch",
    "dispatch",
    "BlocksRuntime",
    "swiftGlibc",
    "swiftCore",
]
CODEC_LIBRARIES = ["crypto", "zstd", "argon2", "xxhash"]

SHF_GNU_RETAIN = 0x200000
SHF_EXCLUDE = 0x80000000


def edit_object(data: bytearray, start: int) -> None:
    """Changes the flags of an ELF object's sections: which have to stay, and which have to go."""
    if data[start : start + 6] != b"\x7fELF\x02\x01":
        return
    (table,) = struct.unpack_from("<Q", data, start + 0x28)
    size, count, names = struct.unpack_from("<HHH", data, start + 0x3A)
    table += start
    # Where there are too many sections for these fields, the first section has the numbers.
    if count == 0:
        (count,) = struct.unpack_from("<Q", data, table + 0x20)
    if names == 0xFFFF:
        (names,) = struct.unpack_from("<I", data, table + 0x28)
    (strings,) = struct.unpack_from("<Q", data, table + names * size + 0x18)
    for section in range(table, table + count * size, size):
        name, _, flags = struct.unpack_from("<IIQ", data, section)
        name += start + strings
        # The runtime finds what is in these by itself: conformances, types by their names.
        if not data.startswith(b"swift5_", name):
            flags &= ~SHF_GNU_RETAIN
        if data.startswith((b".eh_frame\0", b".rela.eh_frame\0"), name):
            flags |= SHF_EXCLUDE
        struct.pack_into("<Q", data, section + 8, flags)


def copy_edited(source: Path, target: Path) -> None:
    """Copies an object, or an archive of objects, with other flags."""
    data = bytearray(source.read_bytes())
    if data.startswith(b"!<arch>\n"):
        member = 8
        while member < len(data):
            length = int(data[member + 48 : member + 58])
            edit_object(data, member + 60)
            member += 60 + length + length % 2
    else:
        edit_object(data, 0)
    target.write_bytes(data)


def main() -> None:
    """Does it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--objects", type=Path, required=True, help="the list that swift build gives to its linker")
    parser.add_argument("--sysroot", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is in between")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    target = json.loads(subprocess.check_output(["swift", "-print-target-info", "-static-stdlib"]))
    runtime = Path(target["paths"]["runtimeResourcePath"])
    architecture = target["target"]["triple"].split("-")[0]
    toolchain = runtime.parents[1] / "bin"
    clang = str(toolchain / "clang") if (toolchain / "clang").exists() else "clang"

    if arguments.work.exists():
        shutil.rmtree(arguments.work)
    arguments.work.mkdir(parents=True)

    def archive(name: str, *folders: Path) -> Path:
        for folder in folders:
            if (folder / f"lib{name}.a").exists():
                return folder / f"lib{name}.a"
        found = subprocess.check_output([clang, f"-print-file-name=lib{name}.a"], text=True).strip()
        if not os.path.isabs(found):
            sys.exit(f"link: there is no lib{name}.a on this machine")
        return Path(found)

    inputs = [runtime / "linux" / architecture / "swiftrt.o"]
    inputs += [Path(line) for entry in arguments.objects.read_text().splitlines() for line in shlex.split(entry)]
    # In the order of the build's list, which is sorted: the same every time.
    for number, source in enumerate(inputs):
        copy_edited(source, arguments.work / f"{number:05}.o")
    libraries = [archive(name, runtime / "linux") for name in SWIFT_LIBRARIES]
    libraries += [archive(name) for name in [*CODEC_LIBRARIES, "stdc++"]]
    for source in libraries:
        copy_edited(source, arguments.work / source.name)

    # Paths would be different in another folder, and linkers are free to sort by them: names without folders.
    objects = "".join(f"{number:05}.o\n" for number in range(len(inputs)))
    (arguments.work / "objects").write_text(objects)
    shim = Path(__file__).with_name("glibc-2.31.c").resolve()
    subprocess.check_call([clang, "-c", "-O2", "-fPIC", "-Wall", "-Werror", str(shim), "-o", "glibc.o"], cwd=arguments.work)
    # Functions with the same code become one, as in Chromium; data keeps its addresses.
    linker = ["--gc-sections", "--icf=all", "--build-id=sha1", "--defsym=main=p2p_copy_main", "--strip-all"]
    hardening = ["-z", "relro", "-z", "now", "-z", "noexecstack"]
    subprocess.check_call(
        [clang, "-fuse-ld=lld", f"--sysroot={arguments.sysroot.resolve()}", "-pie", "-static-libgcc", "-o", "executable"]
        + [f"-Wl,{','.join([*linker, *hardening])}", "glibc.o", "@objects", "-Wl,--start-group"]
        + [source.name for source in libraries]
        + ["-Wl,--end-group", "-lm", "-lpthread", "-ldl"],
        cwd=arguments.work,
    )
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(arguments.work / "executable", arguments.output)
    shutil.rmtree(arguments.work)


if __name__ == "__main__":
    main()
