"""The vendors: a folder each, with all that is one vendor's own."""
