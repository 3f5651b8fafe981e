"""macho_signature.py FILE: checks the ad-hoc signature of a Mach-O file for one processor.

What the kernel does before it runs a page: it hashes it, and compares with the code directory. The
structures are those of xnu's bsd/sys/codesign.h; numbers in them are big-endian.
"""

import hashlib
import struct
import sys

LC_CODE_SIGNATURE = 0x1D
CSMAGIC_EMBEDDED_SIGNATURE = 0xFADE0CC0
CSMAGIC_CODEDIRECTORY = 0xFADE0C02
CS_ADHOC = 0x2
SHA256 = 2


def signature(data):
    """Where the signature is in the file."""
    commands = struct.unpack_from("<I", data, 16)[0]
    offset = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<II", data, offset)
        if command == LC_CODE_SIGNATURE:
            return struct.unpack_from("<I", data, offset + 8)[0]
        offset += size
    sys.exit("there is no signature")


def code_directory(data, start):
    """Where the code directory is in the file."""
    magic, _, count = struct.unpack_from(">III", data, start)
    assert magic == CSMAGIC_EMBEDDED_SIGNATURE, hex(magic)
    for index in range(count):
        offset = struct.unpack_from(">I", data, start + 12 + 8 * index + 4)[0]
        if struct.unpack_from(">I", data, start + offset)[0] == CSMAGIC_CODEDIRECTORY:
            return start + offset
    sys.exit("the signature has no code directory")


def main(path):
    with open(path, "rb") as file:
        data = file.read()
    start = signature(data)
    directory = code_directory(data, start)
    flags, hashes, _, _, pages, limit = struct.unpack_from(">IIIIII", data, directory + 12)
    hash_size, hash_type, _, page_bits = struct.unpack_from(">BBBB", data, directory + 36)
    if not flags & CS_ADHOC or hash_type != SHA256 or limit != start:
        sys.exit(f"{path}: flags {flags:#x}, hash {hash_type}, limit {limit} of {start}")
    page = 1 << page_bits
    for index in range(pages):
        content = data[index * page : min((index + 1) * page, limit)]
        at = directory + hashes + index * hash_size
        if hashlib.sha256(content).digest() != data[at : at + hash_size]:
            sys.exit(f"{path}: page {index} is not what was signed")
    if pages * page < limit:
        sys.exit(f"{path}: {limit} bytes, but {pages} pages of {page} are signed")
    print(f"{path}: {pages} pages are as signed")


main(sys.argv[1])
