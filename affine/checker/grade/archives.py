"""Zip files, as learning platforms export them and students hand them in, as folders."""

import shutil
import zipfile
from pathlib import Path

MOST_BYTES, MOST_FILES = 2**25, 2_000
"""What one submission may hold."""

_DEEPEST = 3  # archives in archives


def unpack(archive: Path, folder: Path, *, most_bytes: int = 2**34, depth: int = 0) -> None:
    """Unpack a zip file, and those in it, each into a folder of its name.

    An archive of a student that cannot be read, or is too large, stays as it is.

    Raises:
        ValueError: The archive is larger than it may be.
        OSError, RuntimeError, zipfile.BadZipFile: It cannot be read.
    """
    with zipfile.ZipFile(archive) as opened:
        # What is written is never more than the archive says: `zipfile` sees to that.
        size = sum(entry.file_size for entry in opened.infolist())
        if size > most_bytes or (depth and len(opened.infolist()) > MOST_FILES):
            raise ValueError(f"it is too large: {size / 2**20:,.0f} MiB unpacked")
        opened.extractall(folder)  # which lets no name lead out of the folder
    if depth == _DEEPEST:
        return
    for inner in sorted(folder.rglob("*.zip")):
        unpacked = inner.with_suffix("")
        if inner.is_file() and not unpacked.exists() and unpack_inner(inner, unpacked, depth + 1):
            inner.unlink()


def unpack_inner(archive: Path, folder: Path, depth: int = 1) -> bool:
    """Unpack a zip file of a student; return whether that was possible, and leave no part of it."""
    try:
        unpack(archive, folder, most_bytes=MOST_BYTES, depth=depth)
    except (ValueError, OSError, RuntimeError, zipfile.BadZipFile):
        shutil.rmtree(folder, ignore_errors=True)
        return False
    return True
