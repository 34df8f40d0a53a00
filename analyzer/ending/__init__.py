"""Facts in, endings out: kind, who was first, clean or not, and one sentence."""
