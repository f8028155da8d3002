"""A share that a server may lose: the files of a folder, through a file system of the kernel's that a process serves.

It speaks FUSE's protocol by itself (https://man7.org/linux/man-pages/man4/fuse.4.html, and the kernel's
include/uapi/linux/fuse.h), so that the errors, and the waiting, are the kernel's own. ``python share.py FOLDER PLACE``
mounts; then it does what the lines of its stdin say: the name of an error, such as ``EDQUOT``, or ``fine``.
"""
# ruff: noqa: PTH101, PTH102, PTH104, PTH108, PTH106, PTH118, PTH208 - it passes on what the kernel asks, call by call

import ctypes
import errno
import os
import select
import signal
import stat
import struct
import subprocess
import sys
from contextlib import contextmanager

_IN, _OUT = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_VALID = {"mode": 1, "uid": 2, "gid": 4, "size": 8}
_SILENT = {2, 36, 42}  # FORGET, INTERRUPT, BATCH_FORGET
_CHANGES = {4, 8, 9, 10, 11, 12, 13, 16, 35, 45}
_GROWS = {8, 9, 13, 35}
_BUFFER = 2**20


class Server:
    """Answers the kernel's requests out of a folder. One thread does it all."""

    def __init__(self, folder):
        self.paths = {1: folder}
        self.opened = {}
        self.refusal = 0
        self.answers = {
            1: self.lookup,
            3: self.getattr,
            4: self.setattr,
            9: self.mkdir,
            10: self.unlink,
            11: self.rmdir,
            12: self.rename,
            13: self.link,
            14: self.open,
            15: self.read,
            16: self.write,
            17: self.statfs,
            18: self.release,
            20: self.fsync,
            25: lambda *_: b"",
            26: self.init,
            27: self.opendir,
            28: self.readdir,
            29: lambda *_: b"",
            30: lambda *_: b"",
            35: self.create,
            45: self.rename2,
        }

    def reply(self, request):
        """The answer to a request; None: there is none."""
        _, code, unique, node, *_ = _IN.unpack_from(request)
        if code in _SILENT:
            return None
        error, content = 0, b""
        if code not in self.answers:
            return _OUT.pack(_OUT.size, -errno.ENOSYS, unique)
        try:
            self._refuse(code, request[_IN.size :])
            content = self.answers[code](node, request[_IN.size :])
        except OSError as raised:
            error = raised.errno
        return _OUT.pack(_OUT.size + len(content), -error, unique) + content

    def _refuse(self, code, body):
        """A quota refuses what grows, EROFS what changes, anything else what writes."""
        grows = code in _GROWS
        if code == 16:
            number, offset, size = struct.unpack_from("<QQI", body)
            grows = self.refusal != errno.EDQUOT or offset + size > os.fstat(number).st_size
        if self.refusal and (grows or (self.refusal == errno.EROFS and code in _CHANGES)):
            raise OSError(self.refusal, "")

    def init(self, node, body):
        return struct.pack("<IIIIHHIIHHIIH22x", 7, 31, 0, 1 << 5, 16, 12, 128 * 1024, 1, 32, 0, 0, 0, 0)

    def lookup(self, node, body):
        return self._entry(self._named(node, body))

    def getattr(self, node, body):
        return struct.pack("<QII", 0, 0, 0) + self._attr(node)

    def setattr(self, node, body):
        valid, _, _, size, _, _, _, _, _, _, _, mode, _, uid, gid, _ = struct.unpack_from("<IIQQQQQQIIIIIIII", body)
        path = self.paths[node]
        if valid & _VALID["size"]:
            os.truncate(path, size)
        if valid & _VALID["mode"]:
            os.chmod(path, stat.S_IMODE(mode))
        if valid & (_VALID["uid"] | _VALID["gid"]):
            os.chown(path, uid if valid & _VALID["uid"] else -1, gid if valid & _VALID["gid"] else -1)
        return self.getattr(node, body)

    def mkdir(self, node, body):
        mode, umask = struct.unpack_from("<II", body)
        path = self._named(node, body[8:])
        os.mkdir(path, mode & ~umask)
        return self._entry(path)

    def unlink(self, node, body):
        os.unlink(self._named(node, body))
        return b""

    def rmdir(self, node, body):
        os.rmdir(self._named(node, body))
        return b""

    def rename(self, node, body, head=8):
        (folder,) = struct.unpack_from("<Q", body)
        old, new = body[head:].split(b"\0")[:2]
        source, target = self._named(node, old), self._named(folder, new)
        os.rename(source, target)
        self._entry(target)
        return b""

    def rename2(self, node, body):
        return self.rename(node, body, head=16)

    def link(self, node, body):
        (old,) = struct.unpack_from("<Q", body)
        path = self._named(node, body[8:])
        os.link(self.paths[old], path)
        return self._entry(path)

    def open(self, node, body):
        flags = struct.unpack_from("<I", body)[0] & ~(os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW)
        if self.refusal == errno.EROFS and flags & os.O_ACCMODE != os.O_RDONLY:
            raise OSError(errno.EROFS, "")
        return self._opened(node, os.open(self.paths[node], flags))

    def create(self, node, body):
        flags, mode, umask, _ = struct.unpack_from("<IIII", body)
        path = self._named(node, body[16:])
        file = os.open(path, flags | os.O_CREAT, mode & ~umask)
        return self._entry(path) + self._opened(os.fstat(file).st_ino, file)

    def read(self, node, body):
        file, offset, size = struct.unpack_from("<QQI", body)
        return os.pread(file, size, offset)

    def write(self, node, body):
        file, offset, size = struct.unpack_from("<QQI", body)
        return struct.pack("<II", os.pwrite(file, body[40 : 40 + size], offset), 0)

    def statfs(self, node, body):
        disk = os.statvfs(self.paths[1])
        counts = disk.f_blocks, disk.f_bfree, disk.f_bavail, disk.f_files, disk.f_ffree
        return struct.pack("<5Q4I24x", *counts, disk.f_bsize, disk.f_namemax, disk.f_frsize, 0)

    def release(self, node, body):
        (file,) = struct.unpack_from("<Q", body)
        os.close(file)
        self.opened[node].remove(file)
        return b""

    def fsync(self, node, body):
        os.fsync(struct.unpack_from("<Q", body)[0])
        return b""

    def opendir(self, node, body):
        return struct.pack("<QIi", 0, 0, 0)

    def readdir(self, node, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        entries = b""
        for number, name in enumerate(sorted(os.listdir(os.fsencode(self.paths[node]))), 1):
            entry = struct.pack("<QQII", number, number, len(name), 0) + name
            entry += bytes(-len(entry) % 8)
            if number > offset and len(entries) + len(entry) <= size:
                entries += entry
            elif number > offset:
                break
        return entries

    def _opened(self, node, file):
        self.opened.setdefault(node, []).append(file)
        return struct.pack("<QIi", file, 0, 0)

    def _named(self, node, name):
        return os.path.join(self.paths[node], os.fsdecode(name.split(b"\0")[0]))

    def _entry(self, path):
        node = os.lstat(path).st_ino
        self.paths[node] = path
        return struct.pack("<QQQQII", node, 0, 0, 0, 0, 0) + self._attr(node)

    def _attr(self, node):
        try:
            found = os.lstat(self.paths[node])
        except FileNotFoundError:
            if not self.opened.get(node):
                raise
            found = os.fstat(self.opened[node][0])
        times = [found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns]
        seconds, rest = [t // 10**9 for t in times], [t % 10**9 for t in times]
        owner = found.st_mode, found.st_nlink, found.st_uid, found.st_gid
        return _ATTR.pack(found.st_ino, found.st_size, found.st_blocks, *seconds, *rest, *owner, 0, 4096, 0)


def serve(folder, place):
    """Mount, then answer until the file system is unmounted."""
    os.umask(0)
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"share", os.fsencode(place), b"fuse", 0, options):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), place)
    server = Server(folder)
    waiting = [device, sys.stdin.fileno()]
    print("mounted", flush=True)
    while True:
        ready, _, _ = select.select(waiting, [], [])
        if device in ready:
            try:
                reply = server.reply(os.read(device, _BUFFER))
            except OSError:  # ENODEV: unmounted
                return
            if reply is not None:
                os.write(device, reply)
        elif word := os.read(waiting[1], 100).decode().strip():
            server.refusal = 0 if word == "fine" else getattr(errno, word)
            print(word, flush=True)
        else:
            waiting.pop()


class Share:
    """A folder that is served at another place."""

    def __init__(self, folder, place):
        self.folder, self.place = folder, place
        self._start()

    def _start(self):
        command = [sys.executable, __file__, self.folder, self.place]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout.readline() == "mounted\n"

    def say(self, word):
        """From now on refuse what is asked with that error, or none."""
        self._server.stdin.write(f"{word}\n")
        self._server.stdin.flush()
        assert self._server.stdout.readline() == f"{word}\n"

    def hang(self):
        """Answer no more, until `wake_up`."""
        self._server.send_signal(signal.SIGSTOP)

    def wake_up(self):
        self._server.send_signal(signal.SIGCONT)

    def vanish(self):
        """The server is gone."""
        self._server.kill()
        self._server.communicate()

    def come_back(self):
        """It is mounted anew, with the files that it has."""
        subprocess.run(["umount", "-l", self.place], check=True)
        self._start()

    def end(self):
        self.wake_up()
        subprocess.run(["umount", "-l", self.place], check=True)
        self._server.kill()
        self._server.communicate()


@contextmanager
def share(folder, place):
    """A share, for as long as a `with` block lasts."""
    served = Share(folder, place)
    try:
        yield served
    finally:
        served.end()


if __name__ == "__main__":
    serve(*sys.argv[1:])
