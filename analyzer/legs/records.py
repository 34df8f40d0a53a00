"""Joined captures for programs: JSON and rows. Names are added to, never renamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from analyzer.legs.clocks import Clock
from analyzer.legs.conversation import Conversation, Leg, Step
from analyzer.legs.joined import Joined
from analyzer.printable import iso


def to_dict(joined: Joined, captures: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return all of it, ready for JSON; each capture by the paths that it was read from."""
    clocks = [
        {"paths": list(paths), **clock_dict(clock)}
        for paths, clock in zip(captures, joined.clocks, strict=True)
    ]
    conversations = [conversation_dict(one) for one in joined.conversations]
    return {"schema": 1, "captures": clocks, "conversations": conversations}


def clock_dict(clock: Clock) -> dict[str, Any]:
    """Return a clock, ready for JSON."""
    return {
        "capture": clock.capture,
        "clock_offset_s": _seconds(clock.offset),
        "clock_error_s": _seconds(clock.error),
        "clock_pairs": clock.pairs,
        "clock_problem": clock.problem or None,
    }


def conversation_dict(one: Conversation) -> dict[str, Any]:
    """Return a conversation, ready for JSON."""
    return {
        "id": one.id,
        "match": str(one.match),
        "match_meaning": one.match.meaning,
        "order": one.order or None,
        "first": one.first,
        "sentence": one.sentence,
        "steps": [step_dict(step) for step in one.steps],
        "legs": [leg_dict(leg) for leg in one.legs],
    }


def step_dict(step: Step) -> dict[str, Any]:
    """Return a step, ready for JSON; `at` by the clock of the first capture."""
    return {
        "leg": step.leg,
        "from": step.sender,
        "to": step.receiver,
        "what": step.what,
        "code": step.code,
        "reason": step.reason,
        "at": iso(step.at),
        "capture": step.capture,
        "packet": step.packet,
        "held_s": _seconds(step.held),
        "held_error_s": _seconds(step.held_error),
        "changed": step.changed,
    }


def leg_dict(leg: Leg) -> dict[str, Any]:
    """Return a leg, ready for JSON."""
    one = leg.connection
    return {
        "client": {"ip": one.client.ip, "port": one.client.port},
        "server": {"ip": one.server.ip, "port": one.server.port},
        "target": one.handshake.target,
        "host": one.handshake.host,
        "key": one.handshake.key,
        "kind": str(one.ending.kind),
        "first": None if one.ending.first is None else str(one.ending.first),
        "sentence": one.ending.sentence,
        "sightings": [
            {
                "capture": sighting.capture,
                "connection": sighting.connection.id,
                "tcp_stream": sighting.connection.tcp_stream,
            }
            for sighting in leg.sightings
        ],
    }


def row(one: Conversation) -> dict[str, Any]:
    """Return a conversation as one row; what there is several of is joined by ``; ``."""
    near, far = one.legs[0].connection, one.legs[-1].connection
    return {
        "id": one.id,
        "legs": len(one.legs),
        "match": str(one.match),
        "order": one.order or None,
        "target": near.handshake.target,
        "host": near.handshake.host,
        "client_ip": near.client.ip,
        "client_port": near.client.port,
        "server_ip": far.server.ip,
        "server_port": far.server.port,
        "first": one.first,
        "kinds": "; ".join(str(leg.connection.ending.kind) for leg in one.legs),
        "steps": "; ".join(_short(step) for step in one.steps),
        "held_s": "; ".join(_number(step.held) for step in one.steps),
        "held_error_s": "; ".join(_number(step.held_error) for step in one.steps),
        "changed": "; ".join(one.changed),
        "sightings": "; ".join(
            " ".join(f"{sight.capture}#{sight.connection.id}" for sight in leg.sightings)
            for leg in one.legs
        ),
        "sentence": one.sentence,
    }


def step_rows(one: Conversation) -> Iterator[dict[str, Any]]:
    """Yield a row for each step of the ending's way."""
    return ({"conversation": one.id, **step_dict(step)} for step in one.steps)


def clock_row(clock: Clock, paths: Sequence[str]) -> dict[str, Any]:
    """Return a capture's clock as one row."""
    return {**clock_dict(clock), "paths": "; ".join(paths)}


def _short(step: Step) -> str:
    code = "" if step.code is None else f" {step.code}"
    return f"{step.sender}>{step.receiver} {step.what or 'nothing'}{code}"


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def _number(nanoseconds: int | None) -> str:
    return "" if nanoseconds is None else f"{nanoseconds / 1e9:.9f}"
