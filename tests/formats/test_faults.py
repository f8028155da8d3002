"""What goes wrong with disks, at a camera: the Status says it, what was acknowledged stays, and later it goes on.

The camera is in a process of its own, the faults are the kernel's.
"""

import resource
import shutil
import subprocess
import time

import pytest
from beside import camera_beside
from share import share
from slow import slow
from taking import Job

from framestore.formats import FORMATS, chosen

VARIANTS = {name: chosen(name) for name in FORMATS}
"""Settings of formats, by a name for them."""


@pytest.fixture(params=VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def disk(tmp_path):
    """Where a file system may be mounted; frames go into a folder in it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


@pytest.fixture
def job(variant, tmp_path, disk):
    """A camera that writes bursts of two frames; its documents stand elsewhere."""
    return Job(folder=tmp_path, settings=VARIANTS[variant], frames_per_point=2, place=disk / "frames")


@pytest.fixture
def shared(tmp_path, disk):
    """The disk is a share."""
    served = tmp_path / "served"
    served.mkdir()
    with share(served, disk) as mounted:
        yield mounted


def check_failure(failure, job, number):
    """It is the real error, names a file or folder of the camera's, and nothing came on top of it."""
    assert (failure.kind, failure.name, failure.after) == ("OSError", number, ""), failure
    assert str(job.place) in failure.text


def check_that_it_goes_on(camera):
    """Another run of the same camera, now that the disk is fine again; a call that hung may still be returning."""
    patience = time.monotonic() + 30
    while (failure := camera.begin()) is not None:
        assert "has not returned from a call of the last staging" in failure.text, failure
        assert time.monotonic() < patience
    camera.take(3)
    camera.check()
    assert camera.end() is None
    camera.check()


def test_a_disk_that_is_full(job, disk, mount):
    with mount(disk, "size=1m"), camera_beside(job) as camera:
        camera.begin()
        check_failure(camera.until_it_fails(), job, "ENOSPC")
        assert camera.points > 10
        before = camera.check()
        again = camera.begin() or camera.until_it_fails()
        assert again.name == "ENOSPC"
        subprocess.run(["mount", "-o", "remount,size=2m", disk], check=True)
        check_that_it_goes_on(camera)
        camera.check_again(before)


@pytest.mark.parametrize("number", ["EDQUOT", "EIO", "EROFS"])
def test_a_share_that_refuses_to_write(job, shared, number):
    """A quota is used up, a disk is broken, a share is read-only from now on."""
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        shared.say(number)
        check_failure(camera.until_it_fails(), job, number)
        before = camera.check()
        again = camera.begin() or camera.until_it_fails()
        assert again.name == number
        shared.say("fine")
        check_that_it_goes_on(camera)
        camera.check_again(before)


def test_a_share_whose_server_is_gone(job, shared):
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        shared.vanish()
        check_failure(camera.until_it_fails(), job, "ENOTCONN")
        before = camera.seen()
        again = camera.begin() or camera.until_it_fails()
        assert again.name == "ENOTCONN"
        shared.come_back()
        camera.check_again(before)
        check_that_it_goes_on(camera)
        camera.check_again(before)


@pytest.mark.parametrize("variant", ["hdf5", *slow("jpeg")], indirect=True)
def test_a_share_that_does_not_answer(job, shared):
    with camera_beside(job, frame_timeout=2.0) as camera:
        camera.begin()
        camera.take(3)
        shared.hang()
        failure = camera.until_it_fails()
        assert failure.kind == "TimeoutError", failure
        assert "is its disk or share stuck?" in failure.text
        assert str(job.place) in failure.text
        shared.wake_up()
        before = camera.check()
        check_that_it_goes_on(camera)
        camera.check_again(before)


def test_a_folder_that_is_removed_while_the_camera_is_staged(job):
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        shutil.rmtree(job.place)
        failure = camera.until_it_fails()
        assert (failure.kind, failure.after) == ("FileNotFoundError", ""), failure
        assert str(job.place) in failure.text
        check_that_it_goes_on(camera)


def test_a_folder_that_is_replaced_while_the_camera_is_staged(job):
    moved = job.place.with_name("moved")
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        job.place.rename(moved)
        job.place.mkdir()
        failure = camera.until_it_fails()
        assert (failure.kind, failure.after) == ("FileNotFoundError", ""), failure
        assert str(job.place) in failure.text
        before = camera.check(root_map={str(job.place): str(moved)})
        assert not list(job.place.iterdir()), "nothing went to the other folder"
        check_that_it_goes_on(camera)
        camera.check_again(before)


@pytest.fixture
def real(tmp_path, disk):
    """The folder that the disk is, by a mount that the test takes away."""
    folder = tmp_path / "real"
    folder.mkdir()
    subprocess.run(["mount", "--bind", folder, disk], check=True)
    yield folder
    subprocess.run(["umount", "-l", disk], check=False, capture_output=True)  # it is there where the test failed


def test_a_disk_that_is_unmounted_while_the_camera_is_staged(job, disk, real, tmp_path):
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        subprocess.run(["umount", "-l", disk], check=True)
        failure = camera.until_it_fails()
        assert (failure.kind, failure.after) == ("FileNotFoundError", ""), failure
        assert str(job.place) in failure.text
        assert not list(disk.iterdir()), "nothing went to the folder below"
        real.rename(tmp_path / "elsewhere")
        before = camera.check(root_map={str(disk): str(tmp_path / "elsewhere")})
        check_that_it_goes_on(camera)
        camera.check_again(before)


def test_a_disk_that_is_read_only_before_the_first_point(job, disk, mount):
    with mount(disk, "size=2m"), camera_beside(job) as camera:
        camera.begin()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for failure in (camera.until_it_fails(), camera.begin()):
            assert (failure.kind, failure.after) == ("PermissionError", ""), failure
            assert f"folder {job.place} cannot be written to" in failure.text
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        check_that_it_goes_on(camera)


@pytest.mark.parametrize("variant", ["hdf5", "tiff_stack"], indirect=True)
def test_a_file_that_may_not_grow_any_more(job):
    """``ulimit -f``, as batch systems set it; not even what closes the file can be written."""
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(20)
        (file,) = job.place.iterdir()
        resource.prlimit(camera.pid, resource.RLIMIT_FSIZE, (file.stat().st_size + 20_000, resource.RLIM_INFINITY))
        check_failure(camera.until_it_fails(), job, "EFBIG")
        before = camera.check()
        resource.prlimit(camera.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        check_that_it_goes_on(camera)
        camera.check_again(before)


def test_documents_that_cannot_be_written_do_not_hurt_the_frames(job, tmp_path):
    """The run fails with the subscriber's error; the camera is unstaged, and is whole."""
    with camera_beside(job) as camera:
        camera.begin()
        camera.take(3)
        lines = camera.lines(1)
        lines.rename(tmp_path / "kept.jsonl")
        lines.mkdir()
        assert camera.until_it_fails().kind == "IsADirectoryError"
        lines.rmdir()
        (tmp_path / "kept.jsonl").rename(lines)
        before = camera.check()
        check_that_it_goes_on(camera)
        camera.check_again(before)
