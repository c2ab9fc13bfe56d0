"""Satori."""
