"""Which connections need a look."""

from __future__ import annotations

from pathlib import Path

from analyzer.read import read
from analyzer.report.order import different, is_abnormal, most_telling_first
from told import closed, finished, found_in, merged, opened, refused, reset

CAPTURES = Path(__file__).resolve().parents[2] / "captures"


def test_the_abnormal_come_first_and_the_most_urgent_of_them() -> None:
    talks = [closed(40000), finished(40001), opened(40002).packets, refused(40003), reset(40004)]
    found = found_in(merged(*talks))
    by_port = {one.client.port: one for one in found}
    assert [one.client.port for one in most_telling_first(found)] == [
        *(40004, 40001, 40003, 40002, 40000)
    ]
    assert [is_abnormal(by_port[port]) for port in sorted(by_port)] == [
        *(False, True, False, True, True)
    ]


def test_fin_is_no_abnormal_end_of_a_version_that_has_no_other() -> None:
    (one,) = read(CAPTURES / "old_framing" / "hixie75-server-fin.pcap").connections
    assert (str(one.framing), str(one.ending.kind)) == ("hixie-75", "fin")
    assert not is_abnormal(one)


def test_a_few_that_differ_stand_for_the_others() -> None:
    talks = [reset(40000 + n) for n in range(5)] + [finished(40010), closed(40011)]
    found = most_telling_first(found_in(merged(*talks)))
    assert [one.client.port for one in different(found, 4)] == [40000, 40010, 40011, 40001]
    assert different([], 4) == []
