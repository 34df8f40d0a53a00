"""The report as Markdown, to be pasted into an issue or a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.anomaly import Anomaly
from analyzer.capture.record import CaptureRecord
from analyzer.findings import Finding
from analyzer.ladder import explain
from analyzer.printable import duration, printable
from analyzer.record import Connection
from analyzer.report.causes import reasons
from analyzer.report.details import where
from analyzer.report.figures import WHO, Oddity, cannot_tell, kind_rows, oddities, step_tables
from analyzer.report.listing import listing
from analyzer.report.order import different, most_telling_first
from analyzer.report.pack import shortened
from analyzer.report.story import Statement, story
from analyzer.report.template import moment, program

# Hosts of issues refuse texts of more than 65,536 characters.
LINES, EXPLAINED, CAPTURES, LONGEST, EXAMPLES = 50, 4, 10, 300, 3
SPECIAL = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")
# At the beginning of a text these make a list or a heading of it.
BEGINS = re.compile(r"(?:[-+]|=+|#+|\d+[.)])(?=\s|$)")
# What hosts make links of in any text: people, issues, addresses.
LINKING = re.compile(r"(@|#(?=\d)|:(?=//)|(?i:\bwww)(?=\.))")
EMPTY = "&#8203;"  # nothing, with the width of nothing


def markdown(
    captures: Sequence[CaptureRecord],
    connections: Sequence[Connection],
    anomalies: Sequence[Anomaly] = (),
    *,
    made: str = "",
    findings: Sequence[Finding] = (),
) -> str:
    """Return the report as Markdown (GitHub's, with tables).

    Parameters
    ----------
    captures, connections, anomalies, made, findings
        As in `write_report`.

    Examples
    --------
    >>> from analyzer import read
    >>> analysis = read()
    >>> print(markdown(analysis.captures, analysis.connections[:1]).splitlines()[0])
    # WebSocket endings
    """
    ordered = most_telling_first(connections)
    parts = [
        "# WebSocket endings",
        *findings_told(findings),
        "## What happened",
        _bullets(map(_statement, story(captures, connections, findings))),
    ]
    if connections:
        parts += ["## Endings", _kinds(connections), "## Timing", _steps(connections)]
        parts += ["## Connections", *_lines(connections)]
        parts += [_explained(one, captures) for one in different(ordered, EXPLAINED)]
    odd = [_oddity(one) for one in oddities(connections, anomalies)]
    parts += ["## Anomalies", _bullets(odd) if odd else "None was found."]
    unknown = (
        escaped(one.text) + _numbers(one.examples) for one in cannot_tell(captures, connections)
    )
    parts += ["## What the capture cannot tell", _bullets(unknown)]
    parts += [
        "## Captures",
        _captures(captures),
        escaped(f"{program()}{', ' if made else ''}{made}"),
    ]
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""Return text that Markdown shows as it is: no markup, no mentions, no links.

    Examples
    --------
    >>> print(escaped("a|b <b> `x` @me"))
    a\|b &lt;b&gt; \`x\` @&#8203;me
    """
    shown = SPECIAL.sub(r"\\\1", printable(text).replace("&", "&amp;"))
    shown = shown.replace("<", "&lt;").replace(">", "&gt;")
    shown = LINKING.sub(rf"\1{EMPTY}", shown)
    begins = BEGINS.match(shown)
    return f"{shown[: begins.end()]}{EMPTY}{shown[begins.end() :]}" if begins else shown


def code_block(lines: Iterable[str]) -> str:
    """Return lines as they are, in a fence that nothing in them can close."""
    text = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}text\n{text}\n{fence}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int]) -> str:
    right = set(numbers)
    ruler = ["--:" if place in right else "---" for place in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ruler, *rows))


def _bullets(texts: Iterable[str]) -> str:
    return "\n".join(f"* {text}" for text in texts)


def _numbers(ids: Iterable[int]) -> str:
    # Alone, "#14" would link to an issue.
    listed = ", ".join(f"`#{number}`" for number in ids)
    return f" ({listed})" if listed else ""


def _statement(one: Statement) -> str:
    return escaped(one.text) + _numbers(one.examples)


def findings_told(findings: Sequence[Finding], title: str = "What stands out") -> Iterator[str]:
    """Yield what stands out, a paragraph and a list each; nothing where there is none."""
    if findings:
        yield f"## {title}"
    for one in findings:
        lines = [f"{title}: {text}" for title, texts in reasons(one) for text in texts]
        ids = _numbers(one.connections[:EXAMPLES])
        text = f"**{one.name}**: {escaped(one.sentence)}{ids}"
        yield "\n".join([f"{text}\n", *(f"* {escaped(line)}" for line in lines)]).rstrip()


def _oddity(one: Oddity) -> str:
    times = f" ({one.number:,} times)" if one.number > 1 else ""
    return escaped(one.text) + times + _numbers(one.examples)


def _kinds(connections: Sequence[Connection]) -> str:
    rows = [
        (
            f"`{row.kind}`",
            *(f"{count:,}" if count else "·" for count in row.counts),
            f"{row.total:,}",
        )
        for row in kind_rows(connections)
    ]
    return _table(("ended by", *WHO, "all"), rows, range(1, 6))


def _steps(connections: Sequence[Connection]) -> str:
    tables = step_tables(connections)[:1]
    rows = [
        (row.step, f"{row.number:,}", *map(escaped, row.figures))
        for table in tables
        for row in table.rows
    ]
    return _table(("step", "known of", "p50", "p90", "p99", "max"), rows, range(1, 6))


def _lines(connections: Sequence[Connection]) -> Iterator[str]:
    rows = [
        (
            f"`#{one.id}`",
            moment(one.at),
            escaped(f"{one.client} → {one.server}{one.path}"),
            escaped(one.open),
            f"`{one.kind}`",
            escaped(shortened(one.sentence, LONGEST)),
        )
        for one in listing(connections, LINES)
    ]
    header = ("#", "began (UTC)", "client → server", "open", "ended by", "how it ended")
    yield _table(header, rows, (0, 3))
    if len(connections) > LINES:
        yield f"The {LINES} that need a look first, of {len(connections):,}."


def _explained(one: Connection, captures: Sequence[CaptureRecord]) -> str:
    lines = (line.text.rstrip()[:LONGEST] for line in explain(one, captures))
    return f"### `#{one.id}` {escaped(where(one)[:LONGEST])}\n\n{code_block(lines)}"


def _captures(captures: Sequence[CaptureRecord]) -> str:
    rows = [
        (
            escaped(one.path),
            one.format,
            f"{one.packets:,}",
            moment(one.first_at),
            duration(one.last_at - one.first_at) if one.first_at and one.last_at else "",
            "yes" if one.complete else f"no: {escaped(one.problem)}",
        )
        for one in captures[:CAPTURES]
    ]
    header = ("file", "format", "packets", "from (UTC)", "for", "complete")
    table = _table(header, rows, (2, 4))
    more = len(captures) - CAPTURES
    return f"{table}\n\n… and {more:,} more." if more > 0 else table
