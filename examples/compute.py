"""The short style: an `App` with its settings, handlers that take ``req`` and ``res``.

``python examples/compute.py`` serves it; ``--port 8001 --workers 2`` on the command line win
over the settings here.
"""

from fasterapi import App

LARGEST = 1_000_000

app = App(port=8000, enable_compression=True)


@app.get("/compute/{value}")
def compute(req, res):
    """Answer a whole number's square and cube."""
    try:
        value = int(req.path_params["value"])
    except ValueError:
        return res.status(422).json({"detail": "value must be a whole number"})
    if abs(value) > LARGEST:
        return res.status(422).json({"detail": f"value must be {-LARGEST} to {LARGEST}"})
    res.set_header("Cache-Control", "max-age=3600")  # it will not change
    return res.json({"value": value, "square": value**2, "cube": value**3})


if __name__ == "__main__":
    app.run()
