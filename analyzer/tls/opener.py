"""Opens the records of one side: whose turn it is, by keys and sequence number.

In order every record has the next number, and keys change where a handshake message says so. Behind
a gap neither is certain: numbers, and the keys that come later, are tried until one fits.
"""

from __future__ import annotations

from analyzer.tls.protection import Protection

EARLY = 0
INITIAL = 1  # the handshake of TLS 1.3
TRAFFIC = 2

# Lost records that are reckoned with at once, and numbers tried in all: records may be forged.
MOST_LOST = 4096
MOST_TRIES = 100_000


class Opener:
    """Opens what one side wrote.

    Attributes
    ----------
    stage : int
        Which keys it writes with by now: `EARLY`, `INITIAL` or `TRAFFIC`.
    sealed : bool
        All that it sends is encrypted by now: before TLS 1.3, behind its ChangeCipherSpec.
    sequence : int
        Number of the next record.
    opened, failed : int
        Records that were, or could not be, opened.
    jumped : int
        Records that turned out to be lost before the one that was opened last; -1 if they cannot
        be counted, since keys changed meanwhile.
    """

    def __init__(self) -> None:
        self.stage = TRAFFIC
        self.sealed = False
        self.sequence = 0
        self.opened = 0
        self.failed = 0
        self.jumped = 0
        self._protection: Protection | None = None
        self._later: dict[int, Protection] = {}
        self._lost = 0
        self._tries = 0

    @property
    def has_keys(self) -> bool:
        """Whether there is anything to try."""
        return self._protection is not None or bool(self._later)

    @property
    def settled(self) -> bool:
        """Whether the handshake is behind it."""
        return self.stage == TRAFFIC and self.opened > 0

    @property
    def protection(self) -> Protection | None:
        """What opens the next record, as far as known."""
        return self._protection

    def begin(self, stage: int) -> None:
        """Change to the keys of a stage; the first record has number 0."""
        self.stage = stage
        self.sequence = 0
        self._protection = self._later.pop(stage, None)
        for earlier in [one for one in self._later if one < stage]:
            del self._later[earlier]

    def know(self, stage: int, protection: Protection) -> None:
        """Take keys, which may come after the records that they open."""
        if stage == self.stage:
            if self._protection is None:
                self._protection = protection
        elif stage > self.stage:
            self._later.setdefault(stage, protection)

    def knows(self, stage: int) -> bool:
        """Whether the keys of a stage are there, or are not needed any more."""
        if stage == self.stage:
            return self._protection is not None
        return stage < self.stage or stage in self._later

    def change(self, protection: Protection | None) -> None:
        """Change to other keys of the same stage; the first record has number 0."""
        self._protection = protection
        self.sequence = 0

    def update(self) -> None:
        """Change keys as a KeyUpdate says."""
        if self._protection is not None:
            self.change(self._protection.following())

    def pass_over(self) -> None:
        """Count a record that is not in the capture."""
        self.sequence += 1

    def lose(self, most: int) -> None:
        """Take note that up to so many records are lost."""
        self._lost = min(self._lost + most, MOST_LOST)

    def open(self, header: bytes, body: bytes) -> bytes | None:
        """Return the plaintext of the next record; None if no key opens it."""
        if self._protection is not None:
            plain = self._protection.open(header, body, self.sequence)
            if plain is not None:
                self.sequence += 1
                self.opened += 1
                self.jumped = self._lost = 0
                return plain
        return self._search(header, body)

    def _search(self, header: bytes, body: bytes) -> bytes | None:
        protection = self._protection
        if protection is not None and self._lost:
            first = self.sequence + 1
            plain = self._try(protection, header, body, first)
            if plain is not None:
                self.jumped = self.sequence - first
                self._lost = 0
                return plain
        for stage, later in sorted(self._later.items()):
            plain = self._try(later, header, body, 0)
            if plain is not None:
                sequence = self.sequence
                self.begin(stage)
                return self._changed(later, sequence, plain)
        following = protection.following() if protection is not None and self._lost else None
        if following is not None:
            plain = self._try(following, header, body, 0)
            if plain is not None:
                return self._changed(following, self.sequence, plain)
        self.failed += 1
        return None

    def _changed(self, protection: Protection, sequence: int, plain: bytes) -> bytes:
        self._protection = protection
        self.sequence = sequence
        self.jumped = -1 if self._lost else 0
        self._lost = 0
        return plain

    def _try(self, protection: Protection, header: bytes, body: bytes, first: int) -> bytes | None:
        """Try numbers from `first` on, as many as there may be records lost."""
        for sequence in range(first, first + max(self._lost, 1)):
            if self._lost:
                self._tries += 1
                if self._tries > MOST_TRIES:
                    return None
            plain = protection.open(header, body, sequence)
            if plain is not None:
                self.sequence = sequence + 1
                self.opened += 1
                return plain
        return None
