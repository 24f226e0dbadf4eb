"""Uploads, ranges and streams."""
