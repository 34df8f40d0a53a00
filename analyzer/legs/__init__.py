"""Captures from several points of one path in; conversations over all their hops out."""

from analyzer.legs.clocks import Clock
from analyzer.legs.conversation import Conversation, Leg, Sighting, Step
from analyzer.legs.joined import Joined, join_captures

__all__ = [
    "Clock",
    "Conversation",
    "Joined",
    "Leg",
    "Sighting",
    "Step",
    "join_captures",
]
