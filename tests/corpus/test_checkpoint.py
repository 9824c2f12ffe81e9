"""A TensorFlow checkpoint from its bytes: what is in it, and what is refused."""

import contextlib

import numpy as np
import pytest

from vaeclust.corpus.checkpoint import read_checkpoint

ARRAYS = {
    "conv/bias": np.arange(3, dtype="<f4"),
    "conv/kernel": np.arange(130 * 2, dtype="<f4").reshape(130, 2) / 7,
    "scale": np.array(0.5, dtype="<f4"),
    "step": np.array(7, dtype="<i8"),
}


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def entry(array, offset):
    shape = b"".join(field(2, field(1, size)) for size in array.shape)
    checksum = varint(6 << 3 | 5) + bytes(4)
    return (
        field(1, {"f": 1, "i": 9}[array.dtype.kind])
        + field(2, shape)
        + field(4, offset)
        + field(5, array.nbytes)
        + checksum
    )


def block(pairs, compression=0):
    content, last = b"", b""
    for key, value in pairs:
        shared = 0
        while key[: shared + 1] == last[: shared + 1] and shared < len(key):
            shared += 1
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return content + bytes(4) + (1).to_bytes(4, "little") + bytes([compression]) + bytes(4)


def checkpoint(compression=0):
    """Return index and data of ARRAYS, in two blocks, as TensorFlow lays them out."""
    data, pairs = b"", [(b"", field(1, 1))]
    for name, array in ARRAYS.items():
        pairs.append((name.encode(), entry(array, len(data))))
        data += array.tobytes()
    index, places = b"", []
    for part in (pairs[:2], pairs[2:]):
        written = block(part, compression)
        places.append((part[-1][0], varint(len(index)) + varint(len(written) - 5)))
        index += written
    listed = block(places)
    footer = varint(0) + varint(0) + varint(len(index)) + varint(len(listed) - 5)
    return index + listed + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db"), data


def test_arrays_come_back_with_names_and_shapes():
    found = read_checkpoint(*checkpoint())
    assert list(found) == ["conv/bias", "conv/kernel", "scale"]  # the counter is no float32
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_what_is_no_checkpoint_is_refused():
    index, data = checkpoint()
    for bad, says in (
        ((b"", data), "no LevelDB table"),
        ((index[:-1], data), "no LevelDB table"),
        ((index[len(index) // 2 :], data), "damaged|kind|compressed"),
        ((index, data[:-20]), r"an array \(130, 2\) of 1040 bytes from byte 12 is not in the"),
        (checkpoint(compression=1), "is compressed"),
    ):
        with pytest.raises(ValueError, match=says):
            read_checkpoint(*bad)


def test_damage_anywhere_is_harmless_or_an_error_of_value():
    index, data = checkpoint()
    rng = np.random.default_rng(0)
    for _ in range(500):
        damaged = bytearray(index)
        damaged[rng.integers(len(index))] = rng.integers(256)
        with contextlib.suppress(ValueError):
            read_checkpoint(bytes(damaged), data)
