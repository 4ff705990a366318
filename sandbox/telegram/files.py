"""Files sent either way, kept in memory."""

from dataclasses import dataclass

from sandbox.telegram.errors import bad_request
from sandbox.wire import Json

_IMAGE_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_PNG_SIZE = slice(16, 24)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file, found by its id or by the path getFile gives."""

    file_id: str
    path: str
    data: bytes

    @property
    def wire(self) -> Json:
        """The members common to every kind of file."""
        return {
            "file_id": self.file_id,
            "file_unique_id": f"u{self.file_id[1:]}",
            "file_size": len(self.data),
        }


class Files:
    """The files of one bot."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def keep(self, folder: str, ending: str, data: bytes) -> StoredFile:
        """Store the bytes under a new id."""
        number = len(self._by_id) + 1
        stored = StoredFile(f"F{number:08d}", f"{folder}/file_{number}{ending}", data)
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored

    def by_id(self, file_id: str | None) -> StoredFile:
        """The file with this id.

        Raises:
            RefusedError: 400 for an id that is not there.
        """
        if file_id not in self._by_id:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        return self._by_id[file_id]

    def by_path(self, path: str) -> StoredFile | None:
        """The file at the path that getFile gave."""
        return self._by_path.get(path)


def photo_sizes(stored: StoredFile) -> list[Json]:
    """The PhotoSize array of a picture.

    Raises:
        RefusedError: 400 IMAGE_PROCESS_FAILED for bytes that are no picture.
    """
    if not stored.data.startswith(_IMAGE_STARTS):
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = 1280, 960
    if stored.data.startswith(_IMAGE_STARTS[0]):
        size = stored.data[_PNG_SIZE]
        width, height = int.from_bytes(size[:4]), int.from_bytes(size[4:])
    return [{**stored.wire, "width": width, "height": height}]
