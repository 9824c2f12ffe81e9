"""TensorFlow checkpoints as arrays, without TensorFlow and without pickle (chapter ``14_listening``).

A checkpoint (``tensor_bundle.proto``) is a ``.data`` file, raw little-endian numbers, and an ``.index`` file: a
LevelDB table of name → protocol-buffer entry (dtype, shape, offset, size). Both are read as data.
"""

from collections.abc import Iterator

import numpy as np

_MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")  # that every LevelDB table ends with
_FOOTER = 48
_FLOAT32 = 1  # among TensorFlow's types
_DTYPE, _SHAPE, _SHARD, _OFFSET, _SIZE = 1, 2, 3, 4, 5  # fields of an entry
_VARINT, _BYTES = 0, 2  # kinds of fields
_FIXED = {1: 8, 5: 4}  # kinds of a fixed size, in bytes


def read_checkpoint(index: bytes, content: bytes) -> dict[str, np.ndarray]:
    """Return the float32 arrays of a checkpoint by name, in its order; those of other types are passed over.

    index, content: what the files ``.index`` and ``.data-00000-of-00001`` hold. ValueError for what is no checkpoint,
    is compressed, in several parts, or cut off.
    """
    arrays = {}
    try:
        for name, entry in _table(index):
            found = _fields(entry)
            if name and found.get(_DTYPE) == [_FLOAT32]:  # the entry without a name is the header
                arrays[name.decode()] = _array(found, content)
    except (IndexError, UnicodeDecodeError):
        raise ValueError("the index of the checkpoint is damaged") from None
    return arrays


def _array(entry: dict[int, list], content: bytes) -> np.ndarray:
    shape = [_fields(size).get(1, [0])[0] for part in entry.get(_SHAPE, []) for size in _fields(part).get(2, [])]
    offset, size = (entry.get(field, [0])[0] for field in (_OFFSET, _SIZE))
    if _SHARD in entry or size != 4 * int(np.prod(shape)) or offset + size > len(content):
        raise ValueError(
            f"an array {tuple(shape)} of {size} bytes from byte {offset} is not in the {len(content)} bytes of the "
            "checkpoint's data"
        )
    return np.frombuffer(content, "<f4", size // 4, offset).reshape(shape)


def _table(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of a LevelDB table: its footer says where the block is that lists all the blocks."""
    footer = index[-_FOOTER:]
    if len(footer) < _FOOTER or not footer.endswith(_MAGIC):
        raise ValueError("the index of the checkpoint is no LevelDB table, or is cut off")
    numbers, at = [], 0
    for _ in range(4):  # offset and size of a block that we do not need, and of the list of blocks
        number, at = _varint(footer, at)
        numbers.append(number)
    for _, place in _block(index, *numbers[2:]):
        offset, at = _varint(place, 0)
        size, _ = _varint(place, at)
        yield from _block(index, offset, size)


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield key and value of a block; each key is told as what it shares with the last one, and the rest."""
    if index[offset + size] != 0:
        raise ValueError("the index of the checkpoint is compressed, which this reader does not know")
    block = index[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * restarts
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        rest, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + rest]
        at += rest
        yield key, block[at : at + length]
        at += length


def _fields(message: bytes) -> dict[int, list]:
    """Return the values of a protocol-buffer message by the number of their field."""
    found: dict[int, list] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind, values = tag & 7, found.setdefault(tag >> 3, [])
        if kind == _VARINT:
            number, at = _varint(message, at)
            values.append(number)
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise ValueError(f"the index of the checkpoint has a field of kind {kind}, which is none")
        values.append(message[at : at + size])
        at += size
    return found


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a number, seven bits a byte, least first, and where the next one begins."""
    number = shift = 0
    while True:
        byte = content[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
