"""A folder of results that one process has to itself while it works on it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from returnee.experiments.errors import StoreError, writing_to
from returnee.experiments.files import LOCK, claim, is_used, next_to, remove_leftovers
from returnee.experiments.running import manifests


class OwnFolder:
    """A folder of results, this process's own until it is closed.

    `folder`: new, empty, or holding results of the same. `manifest`: what is to be done in it.
    `as_new`: write to a new sibling folder if this one is in use by something else. Raises
    StoreError: if it belongs to something else, another process works on it, or it cannot be
    written to.
    """

    COMPARED: tuple[str, ...] = ("kind", manifests.FINGERPRINT)
    """Keys of the manifest that must be the same for the work to go on."""

    OTHERWISE: str = "--as-new writes to a new folder beside it"
    """What may be done instead."""

    def __init__(self, folder: Path, manifest: manifests.Manifest, as_new: bool = False) -> None:
        self._manifest, self.manifest = manifest, manifest.content
        difference = self.difference(folder)
        if difference and as_new:
            folder, difference = next_to(folder), ""
        self._refuse(difference)
        self.folder, self._lock = folder, self._claim(folder)
        try:
            self._refuse(self.difference(folder))  # by one that was quicker
            with writing_to(folder):
                remove_leftovers(folder)
                self._begin()
        except BaseException:
            self.close()
            raise

    def _claim(self, folder: Path) -> FileLock | None:
        return claim(folder)

    def _begin(self) -> None:
        """Say whose folder it is."""
        self._manifest.settle(self.folder)
        self.status(manifests.RUNNING)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and (self.folder / manifests.MANIFEST).exists():
            with suppress(StoreError):  # of a full disk; what went wrong is told
                self.status(manifests.INTERRUPTED)
        self.close()

    def close(self) -> None:
        """Give the folder back; what is in it can still be read. One that stayed empty goes."""
        if self._lock is not None:
            self._lock.release()
        with suppress(OSError):
            if not is_used(self.folder):
                (self.folder / LOCK).unlink(missing_ok=True)
                self.folder.rmdir()

    def status(self, status: str) -> None:
        """Write the manifest with a status: running, interrupted, finished."""
        self._manifest.write(self.folder, status)

    def difference(self, folder: Path) -> str:
        """In what a folder's results differ from these, in one line; empty if in nothing."""
        with writing_to(folder):
            if not is_used(folder):
                return ""
        if not (folder / manifests.MANIFEST).is_file():
            return f"{folder}: found other files, allowed a new folder or results of the same"
        differs = self.differs(manifests.read_manifest(folder))
        return f"{folder}/{manifests.MANIFEST}: {differs}" if differs else ""

    def differs(self, found: dict[str, Any]) -> str:
        """In what a manifest differs, as "key: found ..., allowed ..."; empty if in nothing."""
        return manifests.differs(found, self.manifest, self.COMPARED)

    def _refuse(self, difference: str) -> None:
        if difference:
            raise StoreError(f"{difference}; {self.OTHERWISE}")
