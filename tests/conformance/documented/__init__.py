"""Every program of FastAPI's documentation, on FastAPI and on FasterAPI, asked alike."""
