"""``python -m framestore.cli``, for where the command ``framestore`` is not on the PATH."""

from framestore.cli import main

if __name__ == "__main__":
    main(prog_name="framestore")
