"""The programs that still speak the old framings: how they are installed and started.

Nothing is installed into the system: Debian packages are unpacked, node modules and Python packages are put
into a temporary folder (``$TMPDIR/rec-old``), all in pinned versions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

NEEDS = Path(tempfile.gettempdir(), "rec-old")
PEERS = Path(__file__).resolve().parent / "old_peers"

DEBIAN = (
    "ruby3.1=3.1.7-1~deb12u2",
    "libruby3.1=3.1.7-1~deb12u2",
    "libyaml-0-2=0.2.5-1",
    "libhttp-parser2.9=2.9.4-5",
    "ruby-eventmachine=1.3~pre20220315-df4ab006-3",
    "ruby-http-parser.rb=0.6.0-6+b4",
    "ruby-em-websocket=0.5.1-2",
    "ruby-websocket=1.2.9-3",
    "libprotocol-websocket-perl=0.26-3",
    "lighttpd=1.4.69-1",
)
NPM = (
    "faye-websocket@0.11.4",
    "websocket-driver@0.7.4",
    "ws04@npm:ws@0.4.32",
    "websocket@1.0.35",
)
PYPI = ("eventlet==0.36.1", "dnspython==2.9.2", "greenlet==3.5.6")

# Under these names they stand in the truth files.
TITLES = {
    "em": "em-websocket 0.5.1 (Ruby 3.1.7)",
    "gem": "websocket gem 1.2.9 (Ruby 3.1.7), driven by old_peers/gem_client.rb",
    "gem_server": "websocket gem 1.2.9 (Ruby 3.1.7), driven by old_peers/gem_server.rb",
    "faye": "faye-websocket 0.11.4, websocket-driver 0.7.4 (Node 20)",
    "ws04": "ws 0.4.32 (Node 20)",
    "eventlet": "eventlet 0.36.1 (Python 3.11)",
    "lighttpd": "lighttpd 1.4.69 mod_wstunnel, a TCP echo behind it",
    "spec": "old_peers/spec_client.py, written from the draft",
    "perl": "Protocol::WebSocket 0.26 (Perl 5.36), driven by old_peers/perl_client.pl",
    "ws04_client": "ws 0.4.32 (Node 20)",
    "websocket_node": "WebSocket-Node 1.0.35 (Node 20)",
}

ROOT = NEEDS / "root"
ARCH = "x86_64-linux-gnu"


def install() -> None:
    """Fetch everything once; a second call finds it there."""
    done = NEEDS / "installed"
    if done.exists():
        return
    packages = NEEDS / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "-q", "download", *DEBIAN], cwd=packages, check=True)
    for package in packages.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(package), str(ROOT)], check=True)
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*npm, "--prefix", str(NEEDS / "node"), *NPM], check=True)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(NEEDS / "python")]
    subprocess.run([*pip, *PYPI], check=True)
    done.touch()


def environment(**more: str) -> dict[str, str]:
    """The environment in which all peers run: where the unpacked libraries are."""
    ruby = [
        ROOT / "usr/lib/ruby/vendor_ruby",
        ROOT / "usr/share/rubygems-integration/all/gems/websocket-1.2.9/lib",
        ROOT / f"usr/lib/{ARCH}/ruby/vendor_ruby/3.1.0",
        ROOT / "usr/lib/ruby/3.1.0",
        ROOT / f"usr/lib/{ARCH}/ruby/3.1.0",
    ]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": str(ROOT / f"usr/lib/{ARCH}"),
        "RUBYLIB": ":".join(map(str, ruby)),
        "PERL5LIB": str(ROOT / "usr/share/perl5"),
        "NODE_PATH": str(NEEDS / "node/node_modules"),
        "PYTHONPATH": str(NEEDS / "python"),
        **more,
    }


def server_command(program: str, port: int, *arguments: str) -> list[str]:
    ruby = [str(ROOT / "usr/bin/ruby3.1"), "--disable-gems"]
    node = ["node", "--no-deprecation"]
    commands = {
        "em": [*ruby, str(PEERS / "em_server.rb")],
        "gem_server": [*ruby, str(PEERS / "gem_server.rb")],
        "faye": [*node, str(PEERS / "faye_server.js")],
        "ws04": [*node, str(PEERS / "ws04_server.js")],
        "eventlet": [sys.executable, str(PEERS / "eventlet_server.py")],
    }
    if program == "lighttpd":
        modules = ["-m", str(ROOT / "usr/lib/lighttpd"), "-f", str(PEERS / "lighttpd.conf")]
        return [str(ROOT / "usr/sbin/lighttpd"), "-D", *modules]
    return [*commands[program], str(port), *arguments]


def client_command(
    program: str, port: int, path: str, version: str, steps: tuple[str, ...]
) -> list[str]:
    commands = {
        "gem": [str(ROOT / "usr/bin/ruby3.1"), "--disable-gems", str(PEERS / "gem_client.rb")],
        "spec": [sys.executable, str(PEERS / "spec_client.py")],
        "perl": ["perl", str(PEERS / "perl_client.pl")],
        "ws04_client": ["node", "--no-deprecation", str(PEERS / "npm_client.js"), "ws"],
        "websocket_node": ["node", "--no-deprecation", str(PEERS / "npm_client.js"), "websocket"],
    }
    return [*commands[program], str(port), path, version, *steps]
