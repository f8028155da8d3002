"""ImageMagick, which reads and writes PNG by libpng: neither ours nor Pillow's."""

import subprocess

import numpy as np

RAW = {2: "gray", 3: "rgb"}


def read(path, shape, dtype):
    """The pixels of a file, of that shape and dtype; bool as 0 and 255."""
    depth = 16 if dtype == "uint16" else 8
    command = ["convert", path, "-depth", str(depth), "-endian", "LSB", f"{RAW[len(shape)]}:-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, f"<u{depth // 8}").reshape(shape)


def write(path, frame, *options):
    """Save a frame, of uint8 or uint16."""
    height, width = frame.shape[:2]
    depth = 8 * frame.dtype.itemsize
    raw = ["-size", f"{width}x{height}", "-depth", str(depth), "-endian", "LSB", f"{RAW[frame.ndim]}:-"]
    bits = ["-define", f"png:bit-depth={depth}", "-define", f"png:color-type={0 if frame.ndim == 2 else 2}"]
    subprocess.run(["convert", *raw, *options, *bits, path], input=frame.tobytes(), check=True)
