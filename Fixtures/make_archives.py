# SPDX-License-Identifier: Apache-2.0
"""TAR and ZIP archives of small text files, in all forms that tarfile, zipfile and GNU tar write, and by hand.

`archives/archives.json` says what is in them: name → [offset, size] as tarfile gives it, and as the local headers of ZIP
members have it; where Python has no answer, as the maker knows it.
"""
import io
import json
import os
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile

from fixture import REGISTRY, fixture, run

LONG = "a-rather-long-folder/" * 6 + "and-a-name-of-more-than-one-hundred-bytes.nc"
WHEN = (2020, 1, 1, 0, 0, 0)


def archive(name):
    return fixture(name, folder="archives")


def text(name, size=700):
    """Bytes that say whose they are."""
    return (f"{name}: " * size).encode()[:size]


# ---------------------------------------------------------------- TAR
def add(tar, name, size=700, **more):
    info = tarfile.TarInfo(name)
    for key, value in more.items():
        setattr(info, key, value)
    content = text(name, size) if info.isreg() else b""
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def members(tar, names=("a.nc", "folder/b.nc", "empty.nc")):
    for name in names:
        add(tar, name, 0 if name.startswith("empty") else 700)


@archive("ustar.tar")
def ustar(path):
    """POSIX ustar, with a name that needs the prefix field"""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        members(tar)
        add(tar, "p" * 60 + "/" + "n" * 60 + ".nc")


@archive("gnu.tar")
def gnu(path):
    """GNU's format: long names and long links, a number in base 256"""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        members(tar)
        add(tar, LONG, mtime=1 << 40)
        add(tar, "link-to-long", type=tarfile.LNKTYPE, linkname=LONG)


@archive("pax.tar")
def pax(path):
    """pax headers: long names, names that are not ASCII, comments, one header for all"""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "für alle"}) as tar:
        members(tar)
        add(tar, LONG)
        add(tar, "täglich/größe.nc")
        add(tar, "commented.nc", pax_headers={"comment": "a = b\n c", "mtime": "1.5"})


@archive("v7.tar")
def v7(path):
    """the oldest format: no magic word, a folder that only its name tells"""
    with open(path, "wb") as out:
        for name in ("dir/", "dir/a.nc"):
            content = b"" if name.endswith("/") else text(name)
            header = bytearray(name.encode().ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2
                               + b"%011o\0" % len(content) + b"%011o\0" % 0 + b" " * 8).ljust(512, b"\0")
            header[148:156] = b"%06o\0 " % sum(header)
            out.write(bytes(header) + content.ljust(-(-len(content) // 512) * 512, b"\0"))
        out.write(bytes(1024))


@archive("sizes.tar")
def sizes(path):
    """sizes in base 256, and in a pax header that overrides the one of the block"""
    with open(path, "wb") as out:
        info = tarfile.TarInfo("binary.nc")
        info.size = 700
        block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
        block[124:136] = b"\x80" + (700).to_bytes(11, "big")
        out.write(checked(block) + text("binary.nc").ljust(1024, b"\0"))
        record = b"xx size=700\n"
        record = b"%d size=700\n" % len(record)
        info = tarfile.TarInfo("PaxHeaders/overridden.nc")
        info.type, info.size = tarfile.XHDTYPE, len(record)
        out.write(info.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0"))
        out.write(tarfile.TarInfo("overridden.nc").tobuf(tarfile.USTAR_FORMAT))
        out.write(text("overridden.nc").ljust(1024, b"\0") + bytes(1024))


def checked(block):
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@archive("links.tar")
def links(path):
    """hard and symbolic links, to folders above, out of the archive, to nothing, in a circle; devices, folders"""
    with tarfile.open(path, "w") as tar:
        add(tar, "d", type=tarfile.DIRTYPE)
        add(tar, "d/a.nc")
        add(tar, "d/hard.nc", type=tarfile.LNKTYPE, linkname="d/a.nc")
        add(tar, "d/soft.nc", type=tarfile.SYMTYPE, linkname="a.nc")
        add(tar, "e/up.nc", type=tarfile.SYMTYPE, linkname="../d/./soft.nc")
        add(tar, "outside.nc", type=tarfile.SYMTYPE, linkname="../../etc/passwd")
        add(tar, "absolute.nc", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(tar, "nowhere.nc", type=tarfile.SYMTYPE, linkname="gone.nc")
        add(tar, "circle1.nc", type=tarfile.SYMTYPE, linkname="circle2.nc")
        add(tar, "circle2.nc", type=tarfile.SYMTYPE, linkname="circle1.nc")
        add(tar, "folder.nc", type=tarfile.SYMTYPE, linkname="d")
        add(tar, "device", type=tarfile.CHRTYPE)


@archive("concatenated.tar")
def concatenated(path):
    """two archives behind each other, a member of the first replaced in the second, and garbage behind both"""
    parts = []
    for names in (("a.nc", "b.nc"), ("c.nc", "a.nc")):
        part = io.BytesIO()
        with tarfile.open(fileobj=part, mode="w") as tar:
            members(tar, names)
        parts.append(part.getvalue())
    with open(path, "wb") as out:
        out.write(b"".join(parts) + b"garbage" * 200)


@archive("odd_names.tar")
def odd_names(path):
    """names that lead out of a folder, from the root, through `.`, with ::, with patterns, and the same one twice"""
    with tarfile.open(path, "w") as tar:
        for name in ("../up.nc", "/root.nc", "./here.nc", "a//b/./c.nc", "x/../../y.nc", "a::b.txt", "[1]*.nc", "1x.nc",
                     "twice.nc", "twice.nc"):
            add(tar, name)


@archive("no_end.tar")
def no_end(path):
    """an archive that ends with its last member, without the blocks of zeros"""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as tar:
        members(tar, ("a.nc", "b.nc"))
    with open(path, "wb") as out:
        out.write(memory.getvalue()[:512 + 1024 + 512 + 1024])


def sparse(path, *options):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "sparse.nc"), "wb") as f:
            for part in range(8):
                f.seek(part * 65536)
                f.write(text("sparse.nc", 4096))
            f.truncate(1 << 20)
        with open(os.path.join(folder, "z.nc"), "wb") as f:
            f.write(text("z.nc"))
        subprocess.run(["tar", "--sparse", "--sort=name", "--mtime=2020-01-01 00:00Z", "--owner=0", "--group=0",
                        "--numeric-owner", "--mode=0644", *options, "-cf", path, "-C", folder, "sparse.nc", "z.nc"],
                       check=True)


@archive("sparse_gnu.tar")
def sparse_gnu(path):
    """a sparse member as GNU tar's own format has it, its map longer than a header, and a plain one behind"""
    sparse(path, "--format=gnu")


@archive("sparse_pax.tar")
def sparse_pax(path):
    """a sparse member in pax headers, version 1.0"""
    sparse(path, "--format=posix", "--pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f")


# ---------------------------------------------------------------- ZIP
def put(packed, name, size=700, method=zipfile.ZIP_STORED, extra=b"", mode=0o644):
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type, info.extra, info.external_attr, info.create_system = method, extra, mode << 16, 3
    packed.writestr(info, b"" if name.endswith("/") else text(name, size))


@archive("stored.zip")
def stored(path):
    """stored members, a folder, names in UTF-8 and in code page 437, a comment"""
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("a.nc", "folder/", "folder/b.nc", "größe.nc", "empty.nc"):
            put(packed, name, 0 if name == "empty.nc" else 700)
        put(packed, "437_#.nc")
        packed.comment = b"a comment of some words" + b"." * 30
    with open(path, "rb") as f:
        content = f.read()
    with open(path, "wb") as f:
        f.write(content.replace(b"437_#.nc", b"437_\x81.nc"))


@archive("extra.zip")
def extra(path):
    """local headers whose extra fields are longer, shorter, and others than those of the directory"""
    with zipfile.ZipFile(path, "w") as packed:
        put(packed, "none.nc")
        put(packed, "longer.nc", extra=b"\xfe\xca\x08\0" + b"12345678")
        put(packed, "shorter.nc", extra=b"\xfe\xca\x08\0" + b"12345678")
    with open(path, "rb") as f:
        content = bytearray(f.read())
    # the directory's extra field becomes part of a comment; the local one of the last member, part of its bytes
    at = content.rindex(b"PK\1\2", 0, content.rindex(b"longer.nc"))
    content[at + 30:at + 34] = struct.pack("<HH", 0, 12)
    local = content.index(b"shorter.nc") - 30
    content[local + 28:local + 30] = b"\0\0"
    with open(path, "wb") as f:
        f.write(content)


@archive("zip64.zip")
def zip64(path):
    """the 64-bit form: sizes of local headers in extra fields, the 64-bit end record, offsets in extra fields"""
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("a.nc", "b.nc"):
            with packed.open(zipfile.ZipInfo(name, WHEN), "w", force_zip64=True) as member:
                member.write(text(name))
    with open(path, "rb") as f:
        content = f.read()
    end = content.index(b"PK\5\6")
    count, size, offset = struct.unpack("<HII", content[end + 10:end + 20])
    directory = b""
    position = offset
    while position < end:
        head = bytearray(content[position:position + 46])
        length, = struct.unpack("<H", head[28:30])
        name = content[position + 46:position + 46 + length]
        stored, plain, = struct.unpack("<II", head[20:28])
        header, = struct.unpack("<I", head[42:46])
        field = b"\x99\x99\2\0??" + struct.pack("<HHQQQ", 1, 24, plain, stored, header)
        position += 46 + length + sum(struct.unpack("<HH", head[30:34]))
        head[20:28], head[42:46], head[30:32] = b"\xff" * 8, b"\xff" * 4, struct.pack("<H", len(field))
        directory += bytes(head) + name + field
    large = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), offset)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + len(directory), 1)
    small = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    with open(path, "wb") as f:
        f.write(content[:offset] + directory + large + locator + small)


class Pipe(io.BytesIO):
    def seekable(self):
        return False

    def seek(self, *_):
        raise io.UnsupportedOperation

    def tell(self):
        raise io.UnsupportedOperation


@archive("streamed.zip")
def streamed(path):
    """written to a pipe: sizes behind the members, stored and compressed"""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as packed:
        put(packed, "a.nc")
        put(packed, "deflated.nc", method=zipfile.ZIP_DEFLATED)
    with open(path, "wb") as f:
        f.write(pipe.getvalue())


@archive("prefixed.zip")
def prefixed(path):
    """a program before the archive, whose offsets do not count it"""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        put(packed, "a.nc")
        put(packed, "b.nc")
    with open(path, "wb") as f:
        f.write(b"#!/bin/sh\nexit 0\n" * 10 + memory.getvalue())


@archive("prefixed_counted.zip")
def prefixed_counted(path):
    """a program before the archive, whose offsets count it"""
    with open(path, "wb") as f:
        f.write(b"#!/bin/sh\nexit 0\n" * 10)
    with zipfile.ZipFile(path, "a") as packed:
        put(packed, "a.nc")
        put(packed, "b.nc")


@archive("refused.zip")
def refused(path):
    """members that cannot be read in place: deflated, bzip2, lzma, encrypted, a symbolic link; and one that can"""
    with zipfile.ZipFile(path, "w") as packed:
        put(packed, "deflated.nc", method=zipfile.ZIP_DEFLATED)
        put(packed, "bzip2.nc", method=zipfile.ZIP_BZIP2)
        put(packed, "lzma.nc", method=zipfile.ZIP_LZMA)
        put(packed, "secret.nc")
        put(packed, "link.nc", mode=stat.S_IFLNK | 0o777)
        put(packed, "plain.nc")
    with open(path, "rb") as f:
        content = bytearray(f.read())
    at = content.index(b"secret.nc") - 30
    content[at + 6] |= 1
    at = content.rindex(b"secret.nc") - 46
    content[at + 8] |= 1
    with open(path, "wb") as f:
        f.write(content)


@archive("nested.tar")
def nested(path):
    """a ZIP archive in a TAR archive"""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        put(packed, "d/a.nc")
    with tarfile.open(path, "w") as tar:
        info = tarfile.TarInfo("b.zip")
        info.size = len(memory.getvalue())
        tar.addfile(info, io.BytesIO(memory.getvalue()))


@archive("empty.tar")
def empty_tar(path):
    """no members"""
    tarfile.open(path, "w").close()


@archive("empty.zip")
def empty_zip(path):
    """no members"""
    zipfile.ZipFile(path, "w").close()


# ---------------------------------------------------------------- what is in them
def places_in_tar(path):
    with tarfile.open(path, ignore_zeros=True) as tar:
        return {os.path.normpath(m.name).lstrip("/") if ".." not in m.name else m.name: [m.offset_data, m.size]
                for m in tar.getmembers() if m.isreg() and not m.issparse()}


def places_in_zip(path):
    with open(path, "rb") as f:
        content = f.read()
    found = {}
    with zipfile.ZipFile(path) as packed:
        for info in packed.infolist():
            if info.is_dir() or info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.external_attr >> 28 == 10:
                continue
            lengths = struct.unpack("<HH", content[info.header_offset + 26:info.header_offset + 30])
            found[info.filename] = [info.header_offset + 30 + sum(lengths), info.compress_size]
    return found


@archive("archives.json")
def listing(path):
    """what is in each of them, and where"""
    folder = os.path.dirname(path)
    found = {}
    for _, name, make, _ in REGISTRY:
        if make.__module__ == __name__ and name.endswith((".tar", ".zip")):
            places = (places_in_tar if name.endswith(".tar") else places_in_zip)(os.path.join(folder, name))
            found[name] = dict(sorted(places.items()))
    with open(path, "w") as f:
        json.dump(found, f, indent=1, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    run(__name__, sys.argv[1:])
