"""What may be left in pseudonymised text, and how sure one can be.

Nothing here knows the register: the wordings to look for are handed in by whoever holds the key.
"""

from pipeline.risk.common import is_common
from pipeline.risk.leftovers import Leftover, Lexicon, leftovers
from pipeline.risk.places import Vocabulary
from pipeline.risk.sample import missed_per_10000_words
from pipeline.risk.sharing import Combination, banded, rare_combinations, rare_words
from pipeline.risk.sweep import Coverage, Hit, Sought, Sweep, sweep

__all__ = [
    "Combination",
    "Coverage",
    "Hit",
    "Leftover",
    "Lexicon",
    "Sought",
    "Sweep",
    "Vocabulary",
    "banded",
    "is_common",
    "leftovers",
    "missed_per_10000_words",
    "rare_combinations",
    "rare_words",
    "sweep",
]
