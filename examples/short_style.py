"""The short style in full: a list of notes with JSON, text, forms, cookies and redirects.

``python examples/short_style.py --port 8001`` serves it.
"""

from typing import Any

from fasterapi import App, Depends, HTTPException
from fasterapi.app import Router

app = App(title="Notes", port=8000, enable_compression=True)
router = Router(prefix="/notes")
notes: dict[int, dict[str, Any]] = {}


def note_of(req):
    """Return the note that the path names; a dependency may take ``req`` too."""
    note = notes.get(int(req.path_params["id"]))
    if note is None:
        raise HTTPException(404, "no such note")
    return note


@router.post("")
def add(req, res):
    """Keep a note: JSON or a form with a ``text``."""
    fields = req.json if req.headers.get("content-type") == "application/json" else req.form
    if not isinstance(text := fields.get("text"), str):
        return res.status(422).json({"error": "text is missing"})
    key = len(notes) + 1
    notes[key] = {"id": key, "text": text, "author": req.cookies.get("name", "anonymous")}
    return res.status(201).set_header("Location", f"/notes/{key}").json(notes[key])


@router.get("")
async def search(req):
    """Return the notes that contain a word, all of them without one."""
    word = req.query_params.get("word", "")
    return [note for note in notes.values() if word in note["text"]]


@router.get("/{id:int}")
async def show(note=Depends(note_of)):
    """Return one note."""
    return note


@router.get("/{id:int}/text")
async def show_text(req, res, note=Depends(note_of)):
    """Return its text alone, or 304 if the client has it."""
    etag = f'"{note["id"]}"'
    res.set_header("ETag", etag)
    if req.headers.get("If-None-Match") == etag:
        return res.status(304)
    return note["text"]


@app.post("/name")
def remember(req, res):
    """Remember the author's name in a cookie."""
    return res.set_cookie("name", req.text, httponly=True).redirect("/notes", 303)


app.include_router(router)

if __name__ == "__main__":
    app.run()
