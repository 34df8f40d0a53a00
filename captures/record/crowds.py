"""What the recording scripts of `incidents` share: a server and many clients, and their truth."""

from __future__ import annotations

from typing import Any

from recorder import CAPTURES, write_truth
from stage import Cast, End, events_of, tool, truth_of

FAMILY = "incidents"
FOLDER = CAPTURES / FAMILY
Plan = list[list[Any]]
HELLO: Plan = [["send", "hello"]]


def server_at(cast: Cast, name: str, port: int, *, netns: str | None = None, **config: Any) -> End:
    """Start a server that says hello, and then nothing."""
    told = {"host": "127.0.0.1", "port": port, "path": f"/{name}", "plan": HELLO, **config}
    return cast.start("server", "websockets", told, netns)


def crowd(
    cast: Cast, name: str, port: int, plan: Plan, *, netns: str | None = None, **config: Any
) -> End:
    """Start many clients."""
    told = {"host": "127.0.0.1", "port": port, "path": f"/{name}", "plan": plan, **config}
    return cast.start("client", "crowd", told, netns)


def connections(
    name: str, port: int, clients: End, servers: list[End], fates: list[tuple[str | None, str]]
) -> list[dict[str, Any]]:
    """Every connection in the order in which the clients opened them; `fates`: first and how.

    The last fate is that of all that follow.
    """
    opened = [event for event in clients.events if event["event"] == "open"]
    found = []
    for place, event in enumerate(opened):
        first, how = fates[min(place, len(fates) - 1)]
        logs = [one for server in servers for one in events_of(server, event["port"])]
        truth = truth_of(
            events_of(clients, event["port"]),
            logs if servers else None,
            path=f"/{name}",
            server_port=port,
            first=first,
            how=how,
        )
        found.append(truth)
    return found


def write(name: str, cast: Cast, scenario: str, found: list[Any], **more: Any) -> None:
    """Write the truth file."""
    programs = {end.side: end.program for end in cast.ends} | more.pop("programs", {})
    write_truth(
        FAMILY,
        name,
        {
            "scenario": scenario,
            "programs": {**programs, "capture": tool("tcpdump", "--version")},
            "captures": [f"{name}.pcap"],
            "connections": found,
            "log": [*cast.log(), *more.pop("lines", [])],
        },
    )
