"""Dependencies: from signatures to arguments."""
