"""Acme: keeps things and shows them again."""
