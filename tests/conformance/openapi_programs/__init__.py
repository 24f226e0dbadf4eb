"""Programs whose documents must be equal on both frameworks."""
