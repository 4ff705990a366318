"""For developers: `make migration m="Add a site to visits"` writes what the tables need as a revision."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import create_engine

from storage.schema import config


def write_next(sentence: str) -> None:
    """Write the revision that leads from the migrations there are to the tables as they are now."""
    with TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'empty.db'}")
        with engine.begin() as connection:
            settings = config(connection)
            number = 1 + len(list(ScriptDirectory.from_config(settings).walk_revisions()))
            command.upgrade(settings, "head")
            script = command.revision(settings, sentence, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    if isinstance(script, Script):
        _without_remarks(Path(script.path))


def _without_remarks(path: Path) -> None:
    """Drop Alembic's own comments from what it wrote."""
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ### " not in line))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1]:
        sys.exit('say what changes in one sentence, such as "Add a site to visits"')
    write_next(sys.argv[1])
