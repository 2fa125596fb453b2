"""Finding what names people, places and organisations in talk, linking it into entities, replacing it."""

from pipeline.pseudonymise.entities import Doubt, Entity, Linked, Mention
from pipeline.pseudonymise.find import Finder, Found, find_identifiers, find_with, surfaces
from pipeline.pseudonymise.link import link
from pipeline.pseudonymise.policies import Policies, pseudonymiser
from pipeline.pseudonymise.replace import Move, Moves, Replaced, replace
from pipeline.pseudonymise.spread import spread

__all__ = [
    "Doubt",
    "Entity",
    "Finder",
    "Found",
    "Linked",
    "Mention",
    "Move",
    "Moves",
    "Policies",
    "Replaced",
    "find_identifiers",
    "find_with",
    "link",
    "pseudonymiser",
    "replace",
    "spread",
    "surfaces",
]
