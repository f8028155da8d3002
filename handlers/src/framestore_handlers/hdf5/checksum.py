"""The checksum of HDF5's metadata: Bob Jenkins' lookup3, as `hashlittle` with 0 to begin with.

https://burtleburtle.net/bob/c/lookup3.c (in the public domain)
"""

_MASK = 0xFFFFFFFF
_BLOCK = 12


def _rotated(word: int, bits: int) -> int:
    return (word << bits | word >> (32 - bits)) & _MASK


def checksum(data: bytes) -> int:
    """Checksum of some bytes, 32 bits.

    Examples
    --------
    >>> hex(checksum(b"Four score and seven years ago"))
    '0x17770551'
    """
    a = b = c = (0xDEADBEEF + len(data)) & _MASK
    blocks = [data[start : start + _BLOCK].ljust(_BLOCK, b"\0") for start in range(0, len(data), _BLOCK)]
    for number, block in enumerate(blocks, 1):
        a = (a + int.from_bytes(block[:4], "little")) & _MASK
        b = (b + int.from_bytes(block[4:8], "little")) & _MASK
        c = (c + int.from_bytes(block[8:], "little")) & _MASK
        a, b, c = _final(a, b, c) if number == len(blocks) else _mixed(a, b, c)
    return c


def _mixed(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (4, 6, 8, 16, 19, 4):
        a = (a - c) & _MASK ^ _rotated(c, bits)
        c = (c + b) & _MASK
        a, b, c = b, c, a
    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int, int]:
    for bits in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _rotated(b, bits)) & _MASK
        a, b, c = b, c, a
    return c, a, b
