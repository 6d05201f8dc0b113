"""The folder of images addressed by content."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from annotator.errors import InvalidValue, Misconfigured, NotFound
from annotator.images import BadImage, ImageStore, displayable


def picture(name: str = "PNG", *, size: tuple[int, int] = (40, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (10, 120, 10)).save(buffer, name)
    return buffer.getvalue()


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def files_in(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.binary(max_size=200))
def test_what_is_put_is_read(store: ImageStore, data: bytes) -> None:
    sha256 = store.put(data)
    assert sha256 == hashlib.sha256(data).hexdigest()
    assert store.put(data) == sha256
    assert store.exists(sha256)
    assert store.read(sha256) == data
    assert store.path(sha256).read_bytes() == data


def test_layout(store: ImageStore) -> None:
    sha256 = store.put(picture())
    thumb, _ = store.derived(sha256, "thumb")
    assert set(files_in(store.root)) == {store.root / sha256[:2] / sha256, thumb}
    assert thumb == store.root / "derived" / sha256[:2] / f"{sha256}.thumb.webp"


def test_same_content_is_written_once(store: ImageStore) -> None:
    path = store.path(store.put(b"same"))
    before = path.stat()
    store.put(b"same")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_in(store.root) == [path]


def test_files_are_not_executable(store: ImageStore) -> None:
    sha256 = store.put(picture())
    store.derived(sha256, "thumb")
    for path in files_in(store.root):
        assert not path.stat().st_mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "../../etc/passwd",
        "a" * 63,
        "a" * 65,
        "a" * 64 + "\n",
        "g" * 64,
        "A" * 64,
        "../" + "a" * 61,
        "٣" * 64,
    ],
)
def test_only_a_sha256_is_an_address(store: ImageStore, name: str) -> None:
    for call in (store.path, store.read, store.exists, store.remove):
        with pytest.raises(InvalidValue):
            call(name)
    with pytest.raises(InvalidValue):
        store.derived(name, "thumb")


def test_missing_images(store: ImageStore) -> None:
    absent = "0" * 64
    assert not store.exists(absent)
    with pytest.raises(NotFound):
        store.read(absent)
    with pytest.raises(NotFound):
        store.derived(absent, "thumb")
    store.remove(absent)


def test_copies_are_made_once(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    sha256 = store.put(picture("TIFF"))
    first = {size: store.derived(sha256, size) for size in ("thumb", "display", "full")}

    def never(*_: object, **__: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr("annotator.images.store.thumbnail", never)
    monkeypatch.setattr("annotator.images.store.display_copy", never)
    assert first == {size: store.derived(sha256, size) for size in ("thumb", "display", "full")}
    assert all(displayable(mime) for _, mime in first.values())


def test_sizes_of_copies(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, thumb_side=10, display_side=30)
    sha256 = store.put(picture("BMP"))
    sizes = {size: size_of(store.derived(sha256, size)[0]) for size in ("thumb", "display", "full")}
    assert sizes == {"thumb": (10, 5), "display": (30, 15), "full": (40, 20)}


def test_an_original_that_can_be_shown_is_not_copied(tmp_path: Path) -> None:
    store = ImageStore(tmp_path, display_side=40)
    small, large = store.put(picture("PNG")), store.put(picture("PNG", size=(41, 20)))
    assert store.derived(small, "display") == (store.path(small), "image/png")
    assert store.derived(large, "display")[0] != store.path(large)
    assert store.derived(large, "full") == (store.path(large), "image/png")


def test_a_broken_original_has_no_copy(store: ImageStore) -> None:
    sha256 = store.put(b"<html>")
    for size in ("thumb", "display"):
        with pytest.raises(BadImage):
            store.derived(sha256, size)
    assert files_in(store.root) == [store.path(sha256)]


def test_remove_takes_the_copies_along(store: ImageStore) -> None:
    kept, gone = store.put(b"kept"), store.put(picture("TIFF"))
    for size in ("thumb", "display", "full"):
        store.derived(gone, size)
    store.remove(gone)
    assert files_in(store.root) == [store.path(kept)]


def test_a_file_has_its_name_only_when_it_is_on_disk(
    store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.path(hashlib.sha256(b"data").hexdigest())
    named_at_sync = []
    monkeypatch.setattr("os.fsync", lambda _: named_at_sync.append(path.exists()))
    store.put(b"data")
    assert named_at_sync == [False, True]


def test_a_failed_write_leaves_nothing(store: ImageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            store.put(b"data")
    assert files_in(store.root) == []
    assert store.read(store.put(b"data")) == b"data"


@pytest.mark.parametrize("inside", [False, True])
def test_a_root_that_is_no_folder(tmp_path: Path, inside: bool) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match="image folder"):
        ImageStore(tmp_path / "file" / "images" if inside else tmp_path / "file")


def test_a_root_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Patched, because a superuser may write everywhere.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(Misconfigured, match="read and written"):
        ImageStore(tmp_path)


SHARED = [bytes([number]) * 200_000 for number in range(12)]


def put_all(root: Path, order: int) -> list[str]:
    store = ImageStore(root)
    shas = [store.put(data) for data in SHARED[order:] + SHARED[:order]]
    assert all(hashlib.sha256(store.read(sha256)).hexdigest() == sha256 for sha256 in shas)
    thumb = store.derived(store.put(picture(size=(600, 600))), "thumb")[0]
    assert size_of(thumb) == (320, 320)
    return sorted(shas)


def test_several_processes_put_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        results = pool.starmap(put_all, [(tmp_path, order) for order in (0, 0, 3, 6)])
    assert all(result == results[0] for result in results)
    assert len(files_in(tmp_path)) == len(SHARED) + 2
