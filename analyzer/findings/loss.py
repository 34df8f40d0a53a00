"""Loss: segments that were sent again, and whether those that ended badly had more of it."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings.chance import LEVEL, at_least
from analyzer.findings.ends import ended_badly, is_over, sent_by
from analyzer.findings.finding import Finding, Given, Number, about, packets
from analyzer.findings.outage import outage_of
from analyzer.findings.shared_tcp import counted_on_tcp, each_tcp, tcp_of
from analyzer.record import Connection
from analyzer.side import SIDES, Side

# A connection is said to have lost packets where it sent so many again, and this part of all. One
# or two may be probes of a TCP that is in a hurry (RFC 8985; recorded where nothing was lost), and
# below one in a hundred, losses hardly delay what is sent.
FEWEST, SHARE = 3, 0.01


def loss(given: Given) -> list[Finding]:
    """Tell where packets were lost before the end, in which direction, and whether it mattered.

    A connection counts where three segments or more, and 1 % of all, carried bytes that the capture
    already held. Repeats into a peer that is gone (half-open, outage) are no loss. Repeats of a
    side are seen where its packets were lost behind the place of the capture, or the
    acknowledgements of the other side; what was lost before it comes late and once, so that the
    true loss may be higher, and in the other direction, too. Connections that ended without a close
    frame are compared with the others: the finding says that they had more only where the
    difference in the share of segments is less likely than one in a thousand by chance. WebSockets
    that share a TCP connection (HTTP/2) count as one: as one that ended badly if any of them did.
    """
    lossy = [one for one in given.connections if share(one) is not None]
    if not lossy:
        return []
    over = [one for one in given.connections if is_over(one)]
    bad = each_tcp([one for one in over if ended_badly(one)])
    good = each_tcp([one for one in over if not ended_badly(one)])
    if any(one.h2_stream is not None for one in bad):
        taken = {tcp_of(one) for one in bad}
        good = [one for one in good if tcp_of(one) not in taken]
    return [_finding(lossy, bad, good)]


def _again(one: Connection, side: int) -> int:
    sent = one.server_sent if side else one.client_sent
    return max(sent.retransmitted_segments - _in_vain(one, side), 0)


def _segments(one: Connection, side: int) -> int:
    sent = one.server_sent if side else one.client_sent
    return max(sent.segments - _in_vain(one, side), 0)


def _in_vain(one: Connection, side: int) -> int:
    """Return what was repeated while the other side was gone, or not heard for a while."""
    gone = outage_of(one, 1 - side)
    return sent_by(one, side).unanswered_segments + (gone.repeats if gone is not None else 0)


def share(one: Connection) -> float | None:
    """Return the part of both sides' segments that was sent again; None where it does not count."""
    if one.client_sent.retransmitted_segments + one.server_sent.retransmitted_segments < FEWEST:
        return None
    again, whole = _pooled([one])
    return again / whole if again >= FEWEST and again >= SHARE * whole else None


def _pooled(ones: Sequence[Connection]) -> tuple[int, int]:
    """Return segments sent again, and all, of both sides."""
    again = sum(_again(one, side) for one in ones for side in SIDES)
    return again, sum(_segments(one, side) for one in ones for side in SIDES)


def _finding(
    lossy: Sequence[Connection], bad: Sequence[Connection], good: Sequence[Connection]
) -> Finding:
    shares = [part for one in lossy if (part := share(one)) is not None]
    again = [sum(_again(one, side) for one in lossy) for side in SIDES]
    whole = [sum(_segments(one, side) for one in lossy) for side in SIDES]
    by = ", ".join(f"{again[side]:,} of {whole[side]:,} by the {side}" for side in SIDES)
    (bad_again, bad_all), (good_again, good_all) = _pooled(bad), _pooled(good)
    worse = _is_worse(bad_again, bad_all, good_again, good_all)
    text = (
        f"segments were sent again in {counted_on_tcp(lossy)}, up to"
        f" {100 * max(shares):.1f} % of all: {by}"
    )
    if worse:
        text += (
            f"; {100 * bad_again / bad_all:.1f} % in those that ended without a close frame, and"
            f" {100 * good_again / good_all:.1f} % in the others"
        )
    else:
        ended = sum(ended_badly(one) for one in lossy)
        text += f"; {f'{ended:,}' if ended else 'none'} of them ended without a close frame"
    numbers: dict[str, Number] = {
        "highest_share": round(max(shares), 4),
        "client_repeated_segments": again[Side.CLIENT],
        "server_repeated_segments": again[Side.SERVER],
        "bad_share": round(bad_again / bad_all, 4) if bad_all else None,
        "good_share": round(good_again / good_all, 4) if good_all else None,
        "bad_connections": len(bad),
        "good_connections": len(good),
        "worse_where_it_ended_badly": str(worse).lower(),
    }
    return Finding(
        "loss",
        text,
        about(lossy),
        min(one.first_at for one in lossy),
        max(one.last_at for one in lossy),
        numbers,
        packets(one.last_packet for one in lossy),
        ("a path that loses packets: radio, overload, a bad cable, a policer",),
        (
            "acknowledgements that were lost: then a side repeats what had arrived",
            "packets that arrived late or overtook each other, and were sent again needlessly",
        ),
        (
            "counters of drops and errors on the way",
            "a capture at the other end, too: what was lost before this one is not counted",
            "the packets themselves: tcp.analysis.retransmission in Wireshark",
        ),
    )


def _is_worse(bad_again: int, bad_all: int, good_again: int, good_all: int) -> bool:
    """Whether so many repeats are unlikely at the rate of those that ended well."""
    if not bad_all or not good_all:
        return False
    # One more than was seen: that none was lost in a few segments does not make the rate zero.
    rate = min((good_again + 1) / good_all, 1.0)
    return at_least(bad_again, bad_all, rate) <= LEVEL
