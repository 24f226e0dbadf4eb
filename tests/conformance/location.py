"""Where FastAPI's suite and the harness for it are, and what to say when they are not there."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "FASTERAPI_CONFORMANCE"


def conformance_folder() -> Path:
    """Return the folder with run.py, visible.txt, surface.json and requirements.txt.

    Raises:
        FileNotFoundError: It is neither beside the checkout nor where the variable says.
    """
    folder = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "conformance")
    if not (folder / "run.py").is_file():
        raise FileNotFoundError(
            f"the conformance harness is not at {folder}: it is kept beside the checkout as"
            f" ../shared/conformance; set {VARIABLE} to its folder if it is elsewhere"
        )
    return folder
