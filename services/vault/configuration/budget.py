"""How much one configuration may be, also after everything it repeats has been written out."""

from dataclasses import dataclass

from services.vault.configuration.faults import fault

# Released clients read 32 objects in one another, and 20 from three hundred calls deep; a text with more they drop whole.
DEPTH = 20
# Of a number: enough for every 64-bit integer and every double.
DIGITS = 40


@dataclass
class Budget:
    """Counted while references are written out, so that no short text becomes a long one in memory."""

    values: int = 50_000
    letters: int = 1_048_576

    def spend(self, values: int = 1, letters: int = 0) -> None:
        self.values -= values
        self.letters -= letters
        if self.values < 0 or self.letters < 0:
            raise fault("configuration_too_large", "with everything it refers to written out this is too large: repeat less")
