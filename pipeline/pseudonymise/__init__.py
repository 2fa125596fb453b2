"""Finding what names people, places and organisations in talk, linking it into entities, replacing it."""

from pipeline.pseudonymise.find import find_identifiers

__all__ = ["find_identifiers"]
