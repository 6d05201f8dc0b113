"""Images at an address that servers share: the laws of the folder hold there, too."""

from __future__ import annotations

import hashlib
import io
import uuid

import pytest
from PIL import Image

from annotator.errors import Misconfigured, NotFound, Unavailable
from annotator.images import BadImage, open_store


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (600, 400), (10, 120, 10)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(params=["memory", "file", "path"])
def address(request, tmp_path):
    if request.param == "memory":
        return f"memory://{uuid.uuid4().hex}/images"
    place = str(tmp_path / "shared")
    return place if request.param == "path" else f"file://{place}"


@pytest.fixture
def servers(address, tmp_path):
    """Two servers that share an address and nothing else."""
    return [open_store(address, tmp_path / name) for name in ("one", "two")]


def names(store):
    return sorted(path.rpartition("/")[2] for path in store.files.find(store.place))


def test_what_one_server_puts_the_other_reads_and_shows(servers):
    one, two = servers
    data = picture()
    sha256 = one.put(data)
    assert two.exists(sha256) and two.read(sha256) == data
    assert two.derived(sha256, "thumb")[0].is_relative_to(two.root)
    assert two.put(data) == sha256 and names(one) == [sha256]


def test_what_one_server_removes_is_gone_from_the_other(servers):
    one, two = servers
    sha256 = one.put(picture())
    two.derived(sha256, "thumb")
    one.remove(sha256)
    one.remove(sha256)
    assert not two.exists(sha256) and names(two) == []
    with pytest.raises(NotFound):
        two.read(sha256)
    two.remove(sha256)
    assert [path for path in two.root.rglob("*") if path.is_file()] == []


def test_what_was_here_before_there_was_an_address_is_taken_there(address, tmp_path):
    data = picture()
    sha256 = open_store("", tmp_path / "one").put(data)
    one, two = (open_store(address, tmp_path / name) for name in ("one", "two"))
    assert one.exists(sha256)
    assert one.derived(sha256, "thumb")[0].is_file()
    assert names(one) == [sha256] and two.read(sha256) == one.read(sha256) == data
    one.files.rm_file(one.files.find(one.place)[0])
    assert open_store("", tmp_path / "one").read(sha256) == data
    one.remove(sha256)
    assert not open_store("", tmp_path / "one").exists(sha256)


def test_a_broken_original_is_not_taken_there(address, tmp_path):
    before = open_store("", tmp_path)
    sha256 = before.put(b"as it was")
    before.path(sha256).write_bytes(b"otherwise")
    store = open_store(address, tmp_path)
    with pytest.raises(BadImage, match="other bytes"):
        store.read(sha256)
    assert names(store) == [] and before.exists(sha256)


def test_a_copy_is_kept_where_the_address_lost_the_original(servers):
    one, _ = servers
    sha256 = one.put(picture())
    one.files.rm_file(one.files.find(one.place)[0])
    with pytest.raises(NotFound):
        one.read(sha256)
    assert one.path(sha256).is_file()


def test_a_write_to_a_folder_survives_a_crash(tmp_path, monkeypatch):
    store = open_store(f"file://{tmp_path}/shared", tmp_path / "home")
    there = tmp_path / "shared" / store.path(hashlib.sha256(b"data").hexdigest()).relative_to(
        store.root
    )  # fmt: skip
    named_at_sync = []
    monkeypatch.setattr("os.fsync", lambda _: named_at_sync.append(there.exists()))
    store.put(b"data")
    assert named_at_sync[:2] == [False, True] and len(named_at_sync) == 4


def test_other_bytes_than_were_put_are_not_believed(servers):
    one, two = servers
    sha256 = one.put(b"as it was")
    there = next(iter(one.files.find(one.place)))
    one.files.pipe_file(there, b"otherwise")
    with pytest.raises(BadImage, match="other bytes"):
        two.read(sha256)
    one.files.pipe_file(there, b"as")
    assert two.put(b"as it was") == sha256
    assert one.files.cat_file(there) == b"as it was"


def test_a_write_that_fails_leaves_no_name(servers, monkeypatch):
    one, two = servers

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(type(one.files), "pipe_file", full)
        patched.setattr("os.fsync", full)
        with pytest.raises((OSError, Unavailable), match="No space"):
            one.put(b"data")
    assert names(one) == [] and not two.exists(hashlib.sha256(b"data").hexdigest())
    assert two.read(one.put(b"data")) == b"data"


class NoRoute(Exception):
    """What a driver says in an error of its own."""


@pytest.mark.parametrize("fault", [NoRoute("no route"), PermissionError("key"), TimeoutError()])
def test_a_place_that_does_not_answer_is_told_and_gone_on_with(tmp_path, monkeypatch, fault):
    address = f"memory://{uuid.uuid4().hex}"
    one, two = (open_store(address, tmp_path / name) for name in ("one", "two"))
    sha256 = one.put(b"data")

    def away(*_, **__):
        raise fault

    with monkeypatch.context() as patched:
        for verb in ("exists", "makedirs", "pipe_file", "cat_file"):
            patched.setattr(type(one.files), verb, away)
        for doing in (
            lambda: two.read(sha256),
            lambda: one.put(b"more"),
            lambda: one.exists("0" * 64),
        ):
            with pytest.raises(Unavailable, match="Try again"):
                doing()
        with pytest.raises(Misconfigured, match="cannot be used"):
            open_store(address, tmp_path / "three")
    assert two.read(sha256) == b"data"


def test_a_lent_file_is_borrowed_and_taken_back(servers, tmp_path):
    one, two = servers
    mine, theirs = tmp_path / "one" / "up", tmp_path / "two" / "up"
    mine.write_bytes(b"rows")
    one.lend(mine)
    two.borrow(theirs)
    assert theirs.read_bytes() == b"rows"
    two.take_back("up")
    two.take_back("up")
    assert names(one) == []


def test_without_an_address_nothing_is_shared(tmp_path):
    store = open_store("", tmp_path)
    store.lend(tmp_path / "none")
    store.put(b"data")
    assert store.root == tmp_path / "images"


@pytest.mark.parametrize("address", ["nonsense://x", "file:///proc/1/x"])
def test_an_address_that_is_none_is_told(address, tmp_path):
    with pytest.raises(Misconfigured, match="images' address"):
        open_store(address, tmp_path)
