"""Bags by the reference validator, signatures by ssh-keygen."""

from __future__ import annotations

import os
import subprocess

import bagit

from .support import Workspace, expect, need


def bag(workspace: Workspace) -> None:
    """receive --bag makes a valid bag, also when gone on with, and send --check-bag takes it"""
    workspace.tree()
    # The reference validator does not decode %25, which RFC 8493, section 2.1.3 wants: see `percent`.
    workspace.file("src/new\nline\rend", b"odd")
    workspace.file("src/ünïcode", b"umlauts")
    os.mkdir(workspace.path / "src/empty")
    arguments = ["--out", "bag", "--bag", "--bag-info", "Source-Organization=Our Lab", "--bag-info", "Contact-Name=A: B"]
    for _ in range(2):
        sent, received = workspace.transfer(receive=arguments)
        expect(sent.status == 0 and received.status == 0, f"{sent}\n{received}")
        made = bagit.Bag(str(workspace.path / "bag"))
        made.validate()
        expect(made.info["Source-Organization"] == "Our Lab" and made.info["Contact-Name"] == "A: B", made.info)
    count = len(workspace.content(workspace.path / "src"))
    expect(made.info["Payload-Oxum"].endswith(f".{count}"), made.info)
    # By name: `data` has what was sent.
    expect(workspace.content(workspace.path / "bag/data/src") == workspace.content(workspace.path / "src"), "not the same")
    checked = workspace.run("send", "--check-bag", "--dry-run", "bag")
    expect(checked.status == 0, checked)


def percent(workspace: Workspace) -> None:
    """a percent sign in a name is written as RFC 8493 has it, and read so"""
    workspace.file("src/a%0Ab %", b"odd")
    sent, received = workspace.transfer(receive=["--out", "bag", "--bag"])
    expect(sent.status == 0 and received.status == 0, received)
    expect("data/src/a%250Ab %25" in (workspace.path / "bag/manifest-sha256.txt").read_text(), "not encoded")
    expect(workspace.run("send", "--check-bag", "--dry-run", "bag").status == 0, "not decoded")


def no_bag(workspace: Workspace) -> None:
    """what cannot be in a bag, or did not come now, is said, and there is no bag then"""
    workspace.tree()
    workspace.file("bag/data/stray", b"was here before")
    _, received = workspace.transfer(receive=["--out", "bag", "--bag"])
    expect(received.status == 14 and "did not bring" in received.errors, received)
    expect(not (workspace.path / "bag/bagit.txt").exists(), "there is a bag")
    os.symlink("small 1", workspace.path / "src/link")
    _, received = workspace.transfer(receive=["--out", "bag2", "--bag"])
    expect(received.status == 14 and "symbolic link" in received.errors, received)
    expect(not (workspace.path / "bag2/bagit.txt").exists(), "there is a bag")
    sent, received = workspace.transfer(["--links", "follow"], ["--out", "bag3", "--bag"])
    expect(sent.status == 0 and received.status == 0, received)
    bagit.Bag(str(workspace.path / "bag3")).validate()


def checked_bag(workspace: Workspace) -> None:
    """send --check-bag finds what the reference validator finds"""
    for index, damage in enumerate(["content", "missing", "stray", "tag", "none"]):
        place = workspace.path / f"bag{index}"
        workspace.file(f"bag{index}/a", b"hello")
        workspace.file(f"bag{index}/b/c", b"there")
        made = bagit.make_bag(str(place), {"Contact-Name": "x"}, checksums=["sha256", "sha512", "md5"][: 1 + index % 3])
        match damage:
            case "content":
                workspace.file(f"bag{index}/data/a", b"Hello")
            case "missing":
                (place / "data/b/c").unlink()
            case "stray":
                workspace.file(f"bag{index}/data/d", b"stray")
            case "tag":
                (place / "bag-info.txt").write_text("Contact-Name: y\n")
        made = bagit.Bag(str(place))
        expect(made.is_valid() == (damage == "none"), damage)
        result = workspace.run("send", "--check-bag", "--dry-run", f"bag{index}")
        expect(result.status == (0 if damage == "none" else 9), f"{damage} {result}")
        if damage != "none":
            expect(result.output == "", f"listed all the same: {result}")
    result = workspace.run("send", "--check-bag", "--dry-run", str(workspace.tree()))
    expect(result.status == 2 and "no bag" in result.errors, result)


def signed(workspace: Workspace) -> None:
    """--sign on both sides, checked by ssh-keygen and by verify --signer"""
    need("ssh-keygen")
    workspace.tree()
    key = workspace.path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    sent, received = workspace.transfer(
        ["--receipt", "sent.json", "--sign", "key"], ["--receipt", "received.json", "--sign", "key", "--out", "out"])
    expect(sent.status == 0 and received.status == 0, f"{sent}\n{received}")
    (workspace.path / "signers").write_text("lab " + (workspace.path / "key.pub").read_text())
    for receipt, directory in [("sent.json", "."), ("received.json", "out")]:
        with open(workspace.path / receipt, "rb") as file:
            subprocess.run(
                ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "lab", "-n", "p2p-copy", "-s", f"{receipt}.sig"],
                cwd=workspace.path, stdin=file, check=True, stdout=subprocess.DEVNULL)
        for signer in ["key.pub", "signers"]:
            verified = workspace.run("verify", directory, receipt, "--signer", signer)
            expect(verified.status == 0, verified)
    (workspace.path / "received.json").write_text((workspace.path / "received.json").read_text() + " ")
    verified = workspace.run("verify", "out", "received.json", "--signer", "key.pub")
    expect(verified.status == 9 and "signed" in verified.errors, verified)
    unsigned = workspace.run("send", "--sign", "key", "src")
    expect(unsigned.status == 2 and "--receipt" in unsigned.errors, unsigned)


CHECKS = [bag, percent, no_bag, checked_bag, signed]
