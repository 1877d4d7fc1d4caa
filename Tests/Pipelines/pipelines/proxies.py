"""A site's proxies, the real ones."""

from __future__ import annotations

import pwd

from .support import CODE, Workspace, await_port, expect, free_port, need


def tinyproxy(workspace: Workspace, *, password: bool, allowed: str) -> int:
    need("tinyproxy")
    port = free_port()
    lines = [f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "Allow 127.0.0.1", f"ConnectPort {allowed}"]
    if password:
        lines.append("BasicAuth user s3cret")
    path = workspace.file(f"tinyproxy-{port}.conf", "\n".join([*lines, ""]).encode())
    workspace.start_program(["tinyproxy", "-d", "-c", str(path)])
    await_port(port)
    return port


def dante(workspace: Workspace) -> int:
    need("danted")
    port = free_port()
    user = pwd.getpwuid(65534).pw_name
    log = workspace.path / "dante.log"
    path = workspace.file(
        "dante.conf",
        f"""logoutput: {log}
internal: 127.0.0.1 port = {port}
external: lo
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: {user}
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 127.0.0.0/8 to: 127.0.0.0/8 port = 1 }}
socks pass {{ from: 127.0.0.0/8 to: 127.0.0.0/8 }}
""".encode(),
    )
    workspace.start_program(["/usr/sbin/danted", "-f", str(path)])
    await_port(port)
    return port


def through(workspace: Workspace, **environment: str) -> None:
    sent, received = workspace.transfer(receive=["--out", "out", "--on-conflict", "overwrite"], **environment)
    expect(sent.status == 0 and received.status == 0, f"{sent}\n{received}")
    expect(workspace.content(workspace.path / "src") == workspace.content(workspace.path / "out/src"), "not the same")


def refused(workspace: Workspace, proxy: str, words: list[str], relay: str | None = None, **environment: str) -> None:
    relay = relay or workspace.relay_url
    result = workspace.run(
        "send", "--relay", relay, "src", "--proxy", proxy, "--json", P2P_COPY_CODE=CODE, **environment)
    expect(result.status == 3, result)
    error = result.named("error")[0]
    for word in words:
        expect(word in str(error["message"]), error)
    expect(error["remedy"] == "change-proxy" and "s3cret" not in result.errors + result.output, result)


def http(workspace: Workspace) -> None:
    """HTTP CONNECT, by the environment and by --proxy; refusals name the proxy"""
    workspace.tree()
    port = workspace.relay().rsplit(":", 1)[1]
    proxy = tinyproxy(workspace, password=False, allowed=port)
    through(workspace, http_proxy=f"http://127.0.0.1:{proxy}")
    through(workspace, all_proxy=f"127.0.0.1:{proxy}")
    # Only a working proxy lets this through: what the environment says would not.
    sent, received = workspace.transfer(
        ["--proxy", f"http://localhost:{proxy}"], ["--out", "out2"], http_proxy="http://127.0.0.1:1")
    expect(sent.status == 0 and received.status == 0, sent)
    through(workspace, http_proxy="http://127.0.0.1:1", no_proxy="localhost,127.0.0.0/8")
    sent, received = workspace.transfer(["--proxy", "none"], ["--out", "out3"], http_proxy="http://127.0.0.1:1")
    expect(sent.status == 0 and received.status == 0, sent)
    refused(workspace, f"http://127.0.0.1:{proxy}", [f"the proxy at http://127.0.0.1:{proxy}", "(403)"], "ws://127.0.0.1:9")
    refused(workspace, workspace.relay_url.replace("ws", "http"), ["the proxy at http://127.0.0.1:"])


def http_password(workspace: Workspace) -> None:
    """user and password from the URL, and from .netrc"""
    workspace.tree()
    port = workspace.relay().rsplit(":", 1)[1]
    proxy = tinyproxy(workspace, password=True, allowed=port)
    through(workspace, http_proxy=f"http://user:s3cret@127.0.0.1:{proxy}")
    refused(workspace, f"http://127.0.0.1:{proxy}", [f"the proxy at http://127.0.0.1:{proxy}", "wants a user"])
    refused(workspace, f"http://user:wrong@127.0.0.1:{proxy}", [f"the proxy at http://127.0.0.1:{proxy}"])
    workspace.file(".netrc", b"machine 127.0.0.1 login user password s3cret\n")
    through(workspace, http_proxy=f"http://127.0.0.1:{proxy}")


def socks(workspace: Workspace) -> None:
    """SOCKS 5; refusals name the proxy"""
    workspace.tree()
    workspace.relay()
    proxy = dante(workspace)
    through(workspace, all_proxy=f"socks5h://127.0.0.1:{proxy}")
    through(workspace, http_proxy=f"socks5://localhost:{proxy}")
    refused(workspace, f"socks5://127.0.0.1:{proxy}", [f"the proxy at socks5://127.0.0.1:{proxy}"], "ws://127.0.0.1:1")
    refused(workspace, workspace.relay_url.replace("ws", "socks5"), ["the proxy at socks5://127.0.0.1:"])


def embedded(workspace: Workspace) -> None:
    """the relay inside the sender is not looked for behind a proxy"""
    workspace.tree()
    result = workspace.run("send", "src", "--wait", "1", "--json", http_proxy="http://127.0.0.1:1")
    expect(result.status == 5 and result.named("waiting"), result)


CHECKS = [http, http_password, socks, embedded]
