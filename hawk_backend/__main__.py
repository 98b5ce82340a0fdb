"""`python -m hawk_backend` is `hawk-backend`."""

from hawk_backend.cli import main

if __name__ == "__main__":
    main()
