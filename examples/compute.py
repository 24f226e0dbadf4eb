"""The short style: an `App` with its settings, handlers that take request and response.

``python examples/compute.py`` serves it; ``--port 8001 --workers 2`` on the command line win
over the settings here.
"""

from fasterapi import App, HTTPException

app = App(port=8000, enable_compression=True)


@app.get("/compute/{value}")
def compute(req, res):
    """Return the square of a number, and its cube."""
    try:
        value = int(req.path_params["value"])
    except ValueError:
        raise HTTPException(422, "value must be a whole number") from None
    res.headers["X-Unit"] = "none"
    return {"value": value, "square": value**2, "cube": value**3}


if __name__ == "__main__":
    app.run()
