"""Tests of FasterAPI; a package so that ``tests.reference`` never means somebody else's."""
