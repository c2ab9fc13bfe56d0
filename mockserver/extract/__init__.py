"""Turns vendors' documentation pages into contracts: OpenAPI, JSON Schemas and example bodies."""
