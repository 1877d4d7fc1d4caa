#!/usr/bin/env python3
"""Tries what `make dist` has made as somebody would who has a bare Debian and no Swift. See README.md beside this."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MOST_BYTES = 25_000_000
NEWEST_GLIBC = (2, 31)
SECONDS = 120

results: list[bool] = []


@contextmanager
def check(title: str) -> Iterator[None]:
    """A part of the test: what is raised in it is reported, and the next one is tried."""
    started = time.monotonic()
    try:
        yield
    except Exception as error:  # Whatever it is, it is a failure of this part.
        results.append(False)
        print(f"FAILED {title}: {type(error).__name__}: {error}", flush=True)
        if isinstance(error, subprocess.CalledProcessError):
            for text in (error.stdout, error.stderr):
                if text:
                    print(text.rstrip(), flush=True)
    else:
        results.append(True)
        print(f"passed {title} ({time.monotonic() - started:.1f} s)", flush=True)


def require(condition: object, text: str) -> None:
    if not condition:
        raise AssertionError(text)


def run(*command: str | Path, **options: object) -> str:
    """Runs a command to its end, and returns what it printed."""
    options = {"timeout": SECONDS, "text": True, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run(command, check=True, capture_output=True, **options).stdout  # type: ignore[call-overload]


def block(name: str) -> str:
    """The commands of docs/install.md in the block with a name."""
    text = (REPOSITORY / "docs/install.md").read_text()
    found = re.search(rf"^```sh {name}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    require(found, f"docs/install.md has no block '{name}'")
    assert found
    return "set -eu\n" + found[1]


class Dist:
    """The files of a release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tarball = self.one("p2p-copy-*-linux-*.tar.gz")
        self.executable = self.folder / self.tarball.name.removesuffix(".tar.gz")
        self.package = self.one("p2p-copy_*.deb")
        wheels = list(folder.glob("p2p_copy-*.whl"))
        self.wheel = wheels[0] if wheels else None

    def one(self, pattern: str) -> Path:
        found = list(self.folder.glob(pattern))
        require(len(found) == 1, f"{self.folder} has {len(found)} files {pattern}: run make dist")
        return found[0]


def check_files(dist: Dist) -> None:
    """What can be said of the files without installing them."""
    with check("SHA256SUMS names every file, and is right"):
        named = {line.split("  ")[1] for line in (dist.folder / "SHA256SUMS").read_text().splitlines()}
        require(named == {file.name for file in dist.folder.iterdir()} - {"SHA256SUMS"}, f"it names {named}")
        run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=dist.folder)

    with check("the sums are signed and verified, and what is not as it was is found out"), tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "release"
        shutil.copytree(dist.folder, copy)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", copy / "release-key")
        key = (copy / "release-key.pub").read_text()
        (copy / "allowed_signers").write_text(f'releases@p2p-copy namespaces="file" {key}')
        run("sh", "-c", block("sign"), cwd=copy)
        run("sh", "-c", block("verify"), cwd=copy)
        for changed in (dist.wheel or dist.package).name, "SHA256SUMS":
            with (copy / changed).open("ab") as file:
                file.write(b"x")
            verified = subprocess.run(["sh", "-c", block("verify")], cwd=copy, capture_output=True, timeout=SECONDS)
            require(verified.returncode != 0, f"a changed {changed} passes")

    with check("the executable needs glibc 2.31 or later, and nothing else"):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-dW", dist.executable))
        strange = [name for name in needed if not re.fullmatch(r"(lib(c|m|pthread|dl|util|rt)|ld-linux[\w-]*)\.so\.\d", name)]
        require(needed and not strange, f"it needs {strange}")
        versions = {tuple(map(int, text.split("."))) for text in re.findall(r"GLIBC_([\d.]+)", run("objdump", "-T", dist.executable))}
        require(max(versions) <= NEWEST_GLIBC, f"it needs glibc {max(versions)}")
        print(f"       it needs {', '.join(needed)}, and glibc {'.'.join(map(str, max(versions)))}")

    with check(f"the executable has less than {MOST_BYTES} bytes"):
        size = dist.executable.stat().st_size
        print(f"       it has {size} bytes")
        require(size < MOST_BYTES, f"it has {size}")

    with check("--help and --version"):
        times = []
        for _ in range(20):
            started = time.perf_counter()
            text = run(dist.executable, "--help")
            times.append((time.perf_counter() - started) * 1000)
        require("SUBCOMMANDS" in text, text)
        # What it takes depends on what else the machine does: nothing to fail for.
        print(f"       --help takes {statistics.median(times):.1f} ms (median), {min(times):.1f} ms (least)")
        version = run(dist.executable, "--version")
        require(re.match(r"\d+\.\d+\.\d+", version), version)
        print(f"       {' / '.join(version.splitlines())}")

    with check("lintian finds no error in the Debian package"):
        run("lintian", "--allow-root", "--fail-on", "error", "--suppress-tags", "bad-distribution-in-changes-file", dist.package)

    with tempfile.TemporaryDirectory() as folder:
        run("tar", "-xzf", dist.tarball, "-C", folder, "--strip-components=1")
        share = Path(folder) / "share"
        with check("every command has a manual page that man reads without a warning"):
            pages = sorted((share / "man/man1").iterdir())
            commands = re.findall(r"^  ([a-z-]+) ", run(dist.executable, "--help").split("SUBCOMMANDS:")[1], re.MULTILINE)
            missing = {"p2p-copy.1", *(f"p2p-copy-{command}.1" for command in commands)} - {page.name for page in pages}
            require(commands and not missing, f"there is none of {missing}")
            for page in pages:
                read = subprocess.run(
                    ["man", "--warnings", "--local-file", page], capture_output=True, text=True, check=True, timeout=SECONDS,
                    stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"},
                )
                require(not read.stderr and "DESCRIPTION" in read.stdout, f"{page.name}: {read.stderr}")

        completions = {
            "bash": (share / "bash-completion/completions/p2p-copy", ["bash", "-n"]),
            "zsh": (share / "zsh/site-functions/_p2p-copy", ["zsh", "-n"]),
            "fish": (share / "fish/vendor_completions.d/p2p-copy.fish", ["fish", "--no-execute"]),
        }
        for shell, (file, command) in completions.items():
            with check(f"{shell} reads its completions"):
                run(*command, file)
        with check("bash completes a subcommand"):
            script = (
                'source "$1"; COMP_WORDS=(p2p-copy rec); COMP_CWORD=1; COMP_LINE="p2p-copy rec"; COMP_POINT=12; '
                '"$(complete -p p2p-copy | sed -nE "s/.*-F ([^ ]+).*/\\1/p")" p2p-copy rec p2p-copy; echo "${COMPREPLY[@]}"'
            )
            completed = run("bash", "-c", script, "bash", completions["bash"][0], env={**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"})
            require(completed.split() == ["receive"], f"it completes 'rec' to {completed!r}")

        with check("bash completes codecs, parameters, policies and named relays"):
            (Path(folder) / "config.json").write_text('{"relays": {"lab": "wss://relay.example.org"}}')
            environment = {
                **os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "P2P_COPY_CONFIG": f"{folder}/config.json"}
            for command, option, wanted in [
                ("send", "--compressor", {"zstd"}), ("send", "--cipher", {"aes-256-gcm", "chacha20-poly1305"}),
                ("receive", "--digest", {"xxh128", "sha256"}), ("send", "--codec", {"zstd.level="}),
                ("receive", "--on-conflict", {"fail", "overwrite", "skip", "rename"}), ("receive", "--relay", {"lab"}),
            ]:
                script = (
                    f'source "$1"; COMP_WORDS=(p2p-copy {command} {option} ""); COMP_CWORD=3; '
                    f'COMP_LINE="p2p-copy {command} {option} "; COMP_POINT=${{#COMP_LINE}}; '
                    f'"$(complete -p p2p-copy | sed -nE "s/.*-F ([^ ]+).*/\\1/p")" p2p-copy "" {option}; echo "${{COMPREPLY[@]}}"'
                )
                completed = run("bash", "-c", script, "bash", completions["bash"][0], env=environment)
                require(set(completed.split()) == wanted, f"it completes {command} {option} to {completed!r}")

        with check("the tarball has the licences of what is linked in"):
            texts = {file.name for file in (share / "doc/p2p-copy/third-party").iterdir()}
            for wanted in ["swift.LICENSE.txt", "swift-nio.NOTICE.txt", "swift-nio-ssl.LICENSE.txt", "swift-crypto.LICENSE.txt",
                           "libssl.copyright", "libzstd.copyright", "libargon2.copyright", "libxxhash.copyright", "libc6.copyright"]:
                require(wanted in texts, f"there is no {wanted}")

    with check("the systemd unit is valid"):
        if shutil.which("systemd-analyze"):
            with tempfile.TemporaryDirectory() as folder:
                unit = Path(folder) / "p2p-copy-relay.service"
                text = (REPOSITORY / "Distribution/debian/p2p-copy-relay.service").read_text()
                unit.write_text(text.replace("/usr/bin/p2p-copy", str(dist.executable.resolve())))
                run("systemd-analyze", "verify", "--man=no", unit)
        else:
            print("       not tried: there is no systemd-analyze here")


class Root:
    """A bare Debian in a folder."""

    def __init__(self, suite: str, folder: Path, archive: Path) -> None:
        self.suite = suite
        self.folder = folder
        folder.mkdir()
        run("tar", "-xpf", archive, "-C", folder)
        run("mount", "-t", "proc", "proc", folder / "proc")
        for name in ("null", "zero", "random", "urandom", "tty"):
            (folder / "dev" / name).touch()
            run("mount", "--bind", f"/dev/{name}", folder / "dev" / name)
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
        self.run("useradd", "--create-home", "--shell", "/bin/bash", "person")

    def command(self, *command: str | Path, user: str = "root") -> list[str]:
        home = "/root" if user == "root" else f"/home/{user}"
        # What the sender and the receiver are told by their environment comes after env.
        return [
            "chroot", f"--userspec={user}:{user}", str(self.folder), "env", "-i", f"HOME={home}", "LC_ALL=C.UTF-8",
            f"PATH={home}/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *map(str, command),
        ]

    def run(self, *command: str | Path, user: str = "root", **options: object) -> str:
        return run(*self.command(*command, user=user), **options)

    def put(self, file: Path) -> None:
        """Copies a file into /tmp of the root."""
        shutil.copy(file, self.folder / "tmp")


def bootstrap(suite: str, cache: Path, work: Path) -> Path:
    """Makes an archive of a bare Debian, unless there is one."""
    archive = cache / f"{suite}-minbase.tar"
    if not archive.exists():
        started = time.monotonic()
        folder = work / f"{suite}-base"
        run("debootstrap", "--variant=minbase", suite, folder, timeout=1200)
        run("tar", "-cpf", f"{archive}.part", "--one-file-system", "-C", folder, ".")
        os.rename(f"{archive}.part", archive)
        shutil.rmtree(folder)
        print(f"made a bare Debian {suite} ({time.monotonic() - started:.0f} s)", flush=True)
    return archive


def make_tree(folder: Path) -> None:
    """A few hundred files, and what else there is."""
    for number in range(300):
        file = folder / f"part-{number % 7}" / f"file-{number}.dat"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number * 37 % 9000))
        os.utime(file, ns=(0, 1_600_000_000_000_000_000 + number * 1_000_000_007))
    (folder / "large.bin").write_bytes(os.urandom(20 << 20))
    (folder / "text.txt").write_text("the same line again and again\n" * 100_000)
    (folder / "empty").touch()
    (folder / "an-empty-folder").mkdir()
    (folder / "-odd 'name' with \"quotes\", ü, $HOME and a\ttab").write_text("odd\n")
    (folder / "run-me.sh").write_text("#!/bin/sh\n")
    (folder / "run-me.sh").chmod(0o755)
    (folder / "link").symlink_to("large.bin")
    (folder / "link-that-leads-nowhere").symlink_to("nowhere/at/all")


def contents(folder: Path) -> dict[str, tuple[object, ...]]:
    """What a tree has, to compare."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.split("/")[0].startswith(".p2p-copy"):
            continue
        status = path.lstat()
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_dir():
            found[name] = ("folder", status.st_mode & 0o777)
        else:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = ("file", status.st_mode & 0o777, status.st_mtime_ns, digest)
    return found


class Relay:
    """A relay in a root, until the block ends."""

    def __init__(self, root: Root, user: str) -> None:
        self.process = subprocess.Popen(
            root.command("p2p-copy", "run-relay-server", "localhost", "0", "--no-tls", "--drain", "0", user=user),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )

    def __enter__(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        port = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not port:
            self.process.kill()
            raise AssertionError(f"the relay does not say where it is: {line!r} {self.process.communicate()}")
        return f"ws://127.0.0.1:{port[1]}"

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def transfer(relay: str, sender: Root, receiver: Root, user: str = "person") -> None:
    """Sends a tree from one root to the other, and compares."""
    there, here = (root.folder / "home" / user / name for root, name in ((sender, "sent"), (receiver, "received")))
    for folder in (there, here):
        shutil.rmtree(folder, ignore_errors=True)
    there.mkdir()
    make_tree(there)
    sender.run("chown", "-R", f"{user}:{user}", f"/home/{user}/sent")
    code = sender.run("p2p-copy", "code", user=user).strip()
    told = [f"P2P_COPY_CODE={code}", f"P2P_COPY_RELAY={relay}"]
    commands = [
        sender.command(*told, "sh", "-c", 'cd "$HOME" && exec p2p-copy send sent', user=user),
        receiver.command(*told, "sh", "-c", 'cd "$HOME" && exec p2p-copy receive --out received', user=user),
    ]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True) for command in commands]
    try:
        said = [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
    require([process.returncode for process in processes] == [0, 0], f"the two said {said}")
    sent, received = contents(there), contents(here / "sent")
    require(len(sent) > 300 and sent == received, f"different: {sorted(set(sent.items()) ^ set(received.items()))[:6]}")
    print(f"       {len(sent)} entries: {said[1][0].strip().splitlines()[-1]}")


def check_roots(dist: Dist, cache: Path, work: Path) -> None:
    """Installs each package in a root of its own, and sends a tree between them."""
    roots: dict[str, Root] = {}
    bases = {suite: bootstrap(suite, cache, work) for suite in ("bullseye", "bookworm")}

    with check("the tarball, in Debian 11, as an ordinary user"):
        root = Root("bullseye", work / "tarball", bases["bullseye"])
        root.put(dist.tarball)
        root.run("sh", "-c", "cd /tmp\n" + block("tarball"), user="person")
        require(root.run("p2p-copy", "--version", user="person") == run(dist.executable, "--version"), "another version")
        require("aes-256-gcm" in root.run("p2p-copy", "codecs", user="person"), "it has not its codecs")
        roots["tarball"] = root

    for suite in ("bullseye", "bookworm"):
        with check(f"the Debian package, in {suite}"):
            root = Root(suite, work / f"package-{suite}", bases[suite])
            root.put(dist.package)
            root.run("sh", "-c", "cd /tmp\n" + block("package"))
            require(root.run("p2p-copy", "--version", user="person") == run(dist.executable, "--version"), "another version")
            require((root.folder / "usr/lib/systemd/system/p2p-copy-relay.service").exists(), "there is no unit")
            enabled = list(root.folder.glob("etc/systemd/system/**/p2p-copy*"))
            require(not enabled, f"the relay is enabled: {enabled}")
            roots[suite] = root

    if dist.wheel:
        with check("the wheel, in Debian 11 with pip, as an ordinary user"):
            root = Root("bullseye", work / "wheel", bases["bullseye"])
            root.run("apt-get", "update", "-qq", timeout=300)
            root.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "-qq", "--no-install-recommends",
                     "python3-pip", timeout=600)
            root.put(dist.wheel)
            root.run("sh", "-c", "cd /tmp\n" + block("wheel"), user="person", timeout=300)
            require(root.run("p2p-copy", "--version", user="person") == run(dist.executable, "--version"), "another version")
            root.run("python3", "-c", "import p2p_copy", user="person")
            roots["wheel"] = root

    pairs = [("tarball", "bookworm"), ("bookworm", "wheel"), ("wheel", "tarball"), ("bullseye", "bookworm")]
    for sender, receiver in pairs:
        if sender not in roots or receiver not in roots:
            continue
        with check(f"a tree from {sender} to {receiver}"):
            with Relay(roots["bookworm"], "person") as relay:
                transfer(relay, roots[sender], roots[receiver])

    if "bookworm" in roots:
        with check("the Debian package leaves nothing behind"):
            root = roots["bookworm"]
            root.run("dpkg", "--purge", "p2p-copy")
            left = [path for top in ("usr", "etc", "var/lib/systemd") for path in (root.folder / top).rglob("*p2p?copy*")]
            require(not left, f"it leaves {left}")


def in_roots(dist: Dist) -> None:
    """Runs with mounts of its own, which are gone with this process."""
    with tempfile.TemporaryDirectory(prefix="p2p-copy-roots-") as folder:
        work = Path(folder)
        # In memory: a bare Debian is many small files, each of which dpkg writes to the disk at once.
        run("mount", "-t", "tmpfs", "-o", "size=4g,mode=755", "tmpfs", work)
        try:
            named = os.environ.get("P2P_COPY_ROOTS")
            cache = Path(named) if named else work / "cache"
            cache.mkdir(parents=True, exist_ok=True)
            check_roots(dist, cache, work)
        finally:
            run("umount", "--recursive", work)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dist", type=Path, default=REPOSITORY / "dist", help="what make dist has made")
    parser.add_argument("--without-root", action="store_true", help="only what needs no root")
    options = parser.parse_args()

    if not options.without_root and os.geteuid() != 0:
        print("distribution: installing the packages in bare Debians needs root (chroot, mount); --without-root tries the rest",
              file=sys.stderr)
        return 1
    if not options.without_root and "P2P_COPY_OWN_MOUNTS" not in os.environ:
        os.environ["P2P_COPY_OWN_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation=private", sys.executable, *sys.argv])

    dist = Dist(options.dist.resolve())
    check_files(dist)
    if not options.without_root:
        in_roots(dist)
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
