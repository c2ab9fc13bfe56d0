"""Judges requests and responses against a contract."""
