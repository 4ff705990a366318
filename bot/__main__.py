"""`labvoice`, and `python -m bot`."""

from bot.cli import app


def main() -> None:
    """Run the command given on the command line; exits 0, 1 for a failure, 2 for a mistake in the command."""
    app(prog_name="labvoice")


if __name__ == "__main__":
    main()
