"""Compiled parts: what runs on every request."""
