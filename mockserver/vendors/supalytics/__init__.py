"""Supalytics."""
