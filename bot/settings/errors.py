"""What is said when the settings cannot be used."""


class SettingsError(Exception):
    """The settings cannot be used. `lines` has one for each thing to mend; none shows a secret."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
