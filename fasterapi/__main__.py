"""``python -m fasterapi``: the command line without the console script."""

from fasterapi.cli import main

if __name__ == "__main__":
    main()
