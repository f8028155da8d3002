"""``python -m framestore_handlers.cli``, for where ``framestore-handlers`` is not on the PATH."""

from framestore_handlers.cli import main

if __name__ == "__main__":
    main(prog_name="framestore-handlers")
