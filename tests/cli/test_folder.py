"""What is said of folders: real ones where possible."""

import errno
import fcntl
import os
import sys
from pathlib import Path

import pytest
from slow import slow

from framestore.cli.doctor.folder import file_system

READS_ALONG = "another process on this machine reads an HDF5 file"


def one_line(text):
    return " ".join(text.split())


@pytest.fixture
def look(doctor):
    """Exit status, and what was printed of the folder."""

    def look(folder):
        result = doctor(folder)
        assert result.exit_code in (0, 1), result.exception
        return result.exit_code, one_line(result.stdout.partition("\nfolder ")[2])

    return look


def test_missing_folder_is_not_made(look, tmp_path):
    missing = tmp_path / "2026" / "november"
    status, out = look(missing)
    assert status == 0
    assert "note the folder is not there; framestore would make it when a camera is staged" in out
    assert f"What follows is about {tmp_path}" in out
    assert READS_ALONG in out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("below", ["", *slow("below", "far/below")])
def test_file_in_the_way(look, tmp_path, below):
    (tmp_path / "data").write_text("precious")
    status, out = look(tmp_path / "data" / below)
    assert status == 1
    assert f"problem folder {tmp_path}/data cannot be made: a file is in the way -> remove it or choose another" in out
    assert "write speed" not in out
    assert (tmp_path / "data").read_text() == "precious"


def test_link_to_nowhere(look, tmp_path):
    (tmp_path / "data").symlink_to(tmp_path / "unmounted")
    status, out = look(tmp_path / "data")
    assert status == 1
    assert "problem folder" in out
    assert not (tmp_path / "unmounted").exists()


@pytest.mark.parametrize("below", ["", *slow("below")])
def test_read_only_folder(look, read_only, below):
    status, out = look(read_only / below)
    assert status == 1
    assert (
        f"problem folder {read_only} cannot be written to -> choose another folder or ask for write permission" in out
    )
    assert "write speed" not in out


def test_small_disk(look, small_disk):
    status, out = look(small_disk)
    assert status == 1
    assert "problem 1.0 MiB (1048576 bytes) free: 0 frames of 2048x2048 uint16 -> make room" in out
    assert "note write speed not measured: that needs 80.0 MiB of free space" in out
    assert f"ok {READS_ALONG}" in out
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("left", [0, *slow(8192, 65536)])
def test_full_disk(look, small_disk, left):
    room = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - left))
    status, out = look(small_disk)
    assert status == 1
    assert "problem an HDF5 file cannot be written here: No space left on device -> make room" in out
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.parametrize("name", ["50%", *slow("a#b", "what?", "line\u2028end", "n" * 256)])
def test_folder_that_documents_cannot_name(look, tmp_path, name):
    status, out = look(tmp_path / name)
    assert status == 1
    assert f"its part {name!r} is refused" in out
    assert "-> rename that part, or choose another folder: documents could not name it" in out


def test_a_folder_further_up_is_that_folder(look, tmp_path, monkeypatch):
    """As from the command line; two dots are no name, but the user gave none."""
    (tmp_path / "data").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    status, out = look(Path("../data"))
    assert (status, "refused" in out) == (0, False)
    assert f"{tmp_path}/data ok" in out


def test_folder_with_spaces_and_letters(look, tmp_path):
    folder = tmp_path / "Messzeit im März"
    folder.mkdir()
    assert look(folder)[0] == 0


def test_folder_whose_name_is_no_text(look, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    status, out = look(folder)
    assert "Traceback" not in out
    assert READS_ALONG in out or status == 1


@pytest.mark.parametrize("number", [errno.ENOLCK, *slow(errno.EOPNOTSUPP, errno.ENOSYS)])
def test_no_locks(look, tmp_path, monkeypatch, number):
    def refuse(file, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    status, out = look(tmp_path)
    assert status == 1
    assert f"problem files cannot be locked here ([Errno {number}] {os.strerror(number)}): HDF5 refuses" in out
    assert "export HDF5_USE_FILE_LOCKING=FALSE" in out
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "FALSE")
    status, out = look(tmp_path)
    assert status == 0
    assert "note files cannot be locked here" in out


def test_locking_set_by_hand(look, tmp_path, monkeypatch):
    monkeypatch.setenv("HDF5_USE_FILE_LOCKING", "FALSE")
    status, out = look(tmp_path)
    assert status == 0
    assert "note HDF5_USE_FILE_LOCKING=FALSE is set -> set it alike for every process that opens the files" in out


@pytest.mark.parametrize(
    ("reader", "reason"),
    [
        ("echo 'OSError: Unable to open file (bad symbol table)' >&2; exit 1", "OSError: Unable to open file"),
        ("head -c 131072 /dev/zero", "it read other numbers than were written"),
        ("exit 7", "exit 7"),
    ],
)
def test_another_process_cannot_read_along(look, tmp_path, monkeypatch, reader, reason):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{reader}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    status, out = look(tmp_path)
    assert status == 1
    assert f"problem another process cannot read an HDF5 file here while it is written: {reason}" in out
    assert "-> write to a local disk and move the files after unstage, or read them only after unstage" in out
    assert [path.name for path in tmp_path.iterdir()] == ["python"]


def test_no_hard_links(look, tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    status, out = look(tmp_path)
    assert status == 0
    assert (
        "note no hard links here (Operation not permitted): files of a series (jpeg) get their names in two steps"
        in out
    )


def test_disk_that_fails_while_writing(look, tmp_path, monkeypatch):
    def fail(file):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fail)
    status, out = look(tmp_path)
    assert status == 1
    assert "problem data cannot be written: [Errno 5] Input/output error" in out
    assert not list(tmp_path.iterdir())


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/data /data nfs4 rw,vers=4.2 0 0
//nas/x /data/old\\040share cifs rw 0 0
tmpfs /data/memory tmpfs rw 0 0
/dev/sdb1 /data/memory xfs rw 0 0
tmpfs /run tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "level", "what"),
    [
        ("/home/me", "ok", "ext4, mounted at /"),
        ("/database", "ok", "ext4, mounted at /"),
        ("/data/2026", "note", "nfs4, a network file system mounted at /data"),
        ("/data/old share/x", "note", "cifs, a network file system mounted at /data/old share"),
        ("/data/memory/x", "ok", "xfs, mounted at /data/memory"),
        ("/run/x", "note", "tmpfs, mounted at /run: files there are lost"),
    ],
)
def test_file_system(folder, level, what):
    (finding,) = file_system.kind(Path(folder), MOUNTS)
    assert (finding.level, bool(finding.advice)) == (level, level == "note")
    assert finding.what.startswith(what)


def test_file_system_where_nobody_says():
    assert not file_system.kind(Path("/data"), "")
