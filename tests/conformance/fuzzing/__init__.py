"""Random programs, built on FastAPI and on both paths of FasterAPI, and random requests to them."""
