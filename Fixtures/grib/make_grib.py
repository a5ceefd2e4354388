# SPDX-License-Identifier: Apache-2.0
"""Makes grib.json and grib.bin: one GRIB message for each packing, and the values that eccodes decodes.

Needs eccodes 2.50, numpy:  python make_grib.py
What eccodes can encode is made by it, each message in a process of its own, as it may end the process; the others are written
here by the specification, and decoded by eccodes. An entry of grib.json: name, message and values as [offset, length] in
grib.bin; values are little-endian doubles, NaN where one is missing. `rows`: "turned" where eccodes' values have each second
row turned here. `refused`: no values, an error is expected. Entries with latitudes and longitudes are grids.
"""
import json
import pathlib
import struct
import subprocess
import sys
import zlib

import numpy as np

HERE = pathlib.Path(__file__).parent
COLUMNS, ROWS = 17, 11
MISSING = -1.2345678e99


def field(count=COLUMNS * ROWS, seed=1):
    noise = np.random.default_rng(seed)
    x = np.arange(count)
    return 280 + 12 * np.sin(x / 9) + 3 * np.cos(x / 2.3) + noise.normal(0, 0.4, count)


# -- messages that eccodes makes: run in a process of its own


def made_by_eccodes(recipe):
    import eccodes as ec

    handle = ec.codes_grib_new_from_samples(recipe["sample"])
    values = field()
    if recipe.get("constant"):
        values[:] = 273.25
    if recipe.get("zero"):
        values[:] = 0
    if "truncation" in recipe:
        for key in "JKM":
            ec.codes_set(handle, key, recipe["truncation"])
            ec.codes_set(handle, f"{key}S", 3)
        count = (recipe["truncation"] + 1) * (recipe["truncation"] + 2)
        values = field(count) - 280
        values[1:2 * recipe["truncation"] + 2:2] = 0
    else:
        ec.codes_set(handle, "Ni", COLUMNS)
        ec.codes_set(handle, "Nj", ROWS)
        if recipe["sample"].startswith("regular_ll"):
            for key, value in {
                "latitudeOfFirstGridPointInDegrees": 60, "longitudeOfFirstGridPointInDegrees": 0,
                "latitudeOfLastGridPointInDegrees": 50, "longitudeOfLastGridPointInDegrees": 16,
                "iDirectionIncrementInDegrees": 1, "jDirectionIncrementInDegrees": 1,
            }.items():
                ec.codes_set(handle, key, value)
    if recipe.get("bitmap"):
        ec.codes_set(handle, "missingValue", MISSING)
        ec.codes_set(handle, "bitmapPresent", 1)
        values[(np.arange(len(values)) % 7 == 3) | (np.arange(len(values)) < 20)] = MISSING
    for key, value in recipe.get("before", {}).items():
        ec.codes_set(handle, key, value)
    ec.codes_set_array(handle, "values", values)
    for key, value in recipe.get("after", {}).items():
        ec.codes_set(handle, key, value)
    if recipe.get("again"):
        ec.codes_set_array(handle, "values", values)
    return ec.codes_get_message(handle)


def in_own_process(*arguments, stdin=b""):
    run = subprocess.run([sys.executable, __file__, *arguments], input=stdin, capture_output=True)
    if run.returncode != 0:
        raise RuntimeError(f"{arguments}: {run.returncode} {run.stderr.decode()[-300:]}")
    return run.stdout


# -- messages by the specification


def bits(numbers, width):
    """Unsigned numbers of a fixed number of bits, filled up to a whole byte."""
    text = "".join(format(int(number), f"0{width}b") for number in numbers) if width else ""
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def signed(value, octets):
    return (abs(value) | (1 << (8 * octets - 1) if value < 0 else 0)).to_bytes(octets, "big")


def unsigned(value, octets):
    return value.to_bytes(octets, "big")


def sections2(message):
    """Sections of a message of edition 2, by number, in their order."""
    place, found = 16, []
    while message[place:place + 4] != b"7777":
        size = int.from_bytes(message[place:place + 4], "big")
        found.append((message[place + 4], message[place:place + size]))
        place += size
    return found


def section2(number, content):
    return unsigned(len(content) + 5, 4) + bytes([number]) + content


def joined2(message, parts):
    body = b"".join(parts) + b"7777"
    return message[:8] + unsigned(16 + len(body), 8) + body


def with_sections2(message, replaced):
    return joined2(message, [replaced.get(number, content) for number, content in sections2(message)])


def complex2(base, numbers, lengths, missing=0, order=0, reference=250.0, binary=-3, decimal=1):
    """Integers in groups (code table 5.4 number 1); None and Ellipsis are the two kinds of missing values."""
    numbers = list(numbers)
    kinds = {None: 1, ...: 2}
    present = [number for number in numbers if number not in (None, ...)]
    first, bias = present[:order], 0
    if order:
        changed = list(present)
        for place in range(order, len(present)):
            changed[place] = present[place] - present[place - 1] if order == 1 else (
                present[place] - 2 * present[place - 1] + present[place - 2])
        bias = min(changed[order:])
        changed = [0] * order + [number - bias for number in changed[order:]]
        queue = iter(changed)
        numbers = [number if number in (None, ...) else next(queue) for number in numbers]
    groups, start = [], 0
    for length in lengths:
        groups.append(numbers[start:start + length])
        start += length
    assert start == len(numbers)
    reference_bits = 13
    references, widths, packed = [], [], ""
    for group in groups:
        real = [number for number in group if number not in (None, ...)]
        low = min(real, default=(1 << reference_bits) - 1)
        spread = max(real, default=low) - low
        highest = spread + (missing if any(number in (None, ...) for number in group) else 0)
        # a width of which the last numbers are free for what is missing
        width = 0
        while highest and (1 << width) - 1 - (missing if missing else 0) < spread:
            width += 1
        if not real:
            width, low = 0, (1 << reference_bits) - (2 if group[0] is ... else 1)
        references.append(low)
        widths.append(width)
        if width:
            packed += "".join(
                format((1 << width) - kinds[number] if number in (None, ...) else number - low, f"0{width}b")
                for number in group)
    packed += "0" * (-len(packed) % 8)
    octets = 3
    extra = b"".join(signed(number, octets) for number in [*first, bias]) if order else b""
    low_width, low_length = min(widths), min(lengths)
    content = extra + bits(references, reference_bits)
    content += bits([width - low_width for width in widths], 5)
    content += bits([(length - low_length) for length in lengths[:-1]] + [0], 9)
    content += int(packed, 2).to_bytes(len(packed) // 8, "big") if packed else b""
    representation = unsigned(len(numbers), 4) + unsigned(3 if order else 2, 2) + struct.pack(">f", reference)
    representation += signed(binary, 2) + signed(decimal, 2) + bytes([reference_bits, 0, 1, missing])
    representation += struct.pack(">ff", 9999, 9998) + unsigned(len(groups), 4) + bytes([low_width, 5])
    representation += unsigned(low_length, 4) + bytes([1]) + unsigned(lengths[-1], 4) + bytes([9])
    if order:
        representation += bytes([order, octets])
    return with_sections2(
        base, {5: section2(5, representation), 6: section2(6, b"\xff"), 7: section2(7, content)})


def run_length2(base, levels, scaled, width, decimal):
    largest = max(levels)
    digit_base = (1 << width) - 1 - largest
    codes, place = [], 0
    while place < len(levels):
        end = place
        while end < len(levels) and levels[end] == levels[place]:
            end += 1
        codes.append(levels[place])
        rest = end - place - 1
        while rest:
            codes.append(largest + 1 + rest % digit_base)
            rest //= digit_base
        place = end
    # eccodes takes what fills up the last byte for a run, and writes behind its memory
    assert len(codes) * width % 8 == 0
    representation = unsigned(len(levels), 4) + unsigned(200, 2) + bytes([width])
    representation += unsigned(largest, 2) + unsigned(len(scaled), 2) + signed(decimal, 1)
    representation += b"".join(unsigned(level, 2) for level in scaled)
    return with_sections2(base, {
        5: section2(5, representation), 6: section2(6, b"\xff"), 7: section2(7, bits(codes, width))})


def png(numbers, columns, width):
    """An image whose rows take turns in the five filters."""
    depth, color = {24: (8, 2), 32: (8, 6)}.get(width, (width, 0))
    step = max(1, width // 8)
    rows = [bits(numbers[start:start + columns], width) for start in range(0, len(numbers), columns)]
    filtered, above = b"", bytes(len(rows[0]))
    for place, row in enumerate(rows):
        kind, left, corner = place % 5, bytes(step) + row, bytes(step) + above
        out = bytearray([kind])
        for x, byte in enumerate(row):
            a, b, c = left[x], above[x], corner[x]
            guess = a + b - c
            nearest = min((abs(guess - a), 0, a), (abs(guess - b), 1, b), (abs(guess - c), 2, c))[2]
            out.append(byte - (0, a, b, (a + b) // 2, nearest)[kind] & 0xFF)
        filtered, above = filtered + bytes(out), row
    def chunk(name, content):
        return unsigned(len(content), 4) + name + content + unsigned(zlib.crc32(name + content), 4)
    stream = zlib.compress(filtered)
    header = unsigned(columns, 4) + unsigned(len(rows), 4) + bytes([depth, color, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"key\0text") + chunk(
        b"IDAT", stream[:50]) + chunk(b"IDAT", stream[50:]) + chunk(b"IEND", b"")


def png2(base, numbers, width, reference=-4.5, binary=-2, decimal=1):
    representation = unsigned(len(numbers), 4) + unsigned(41, 2) + struct.pack(">f", reference)
    representation += signed(binary, 2) + signed(decimal, 2) + bytes([width, 0])
    values = [(float(number) * 2.0 ** binary + reference) * (1 / 10.0 ** decimal) for number in numbers]
    return with_sections2(base, {
        5: section2(5, representation), 6: section2(6, b"\xff"), 7: section2(7, png(numbers, COLUMNS, width))}), values


def spectral_simple(base1, base2, truncation=6):
    """Both editions: the real part of the first coefficient, then all others in 12 bits."""
    count = (truncation + 1) * (truncation + 2)
    numbers = np.random.default_rng(3).integers(0, 1 << 12, count - 1)
    grid = b"".join(unsigned(truncation, 4) for _ in range(3)) + bytes([1, 1])
    grid = b"\0" + unsigned(count, 4) + b"\0\0" + unsigned(50, 2) + grid
    representation = unsigned(count, 4) + unsigned(50, 2) + struct.pack(">f", -2048.0) + signed(-5, 2) + signed(1, 2)
    representation += bytes([12]) + struct.pack(">f", 281.5)
    two = with_sections2(base2, {
        3: section2(3, grid), 5: section2(5, representation), 6: section2(6, b"\xff"),
        7: section2(7, bits(numbers, 12))})
    parts = sections1(base1)
    parts[0] = parts[0][:7] + bytes([parts[0][7] & 0x80]) + parts[0][8:]
    grid = bytes([0, 255, 50]) + b"".join(unsigned(truncation, 2) for _ in range(3)) + bytes([1, 1]) + bytes(18)
    parts[1] = unsigned(len(grid) + 3, 3) + grid
    content = bytes([0x80]) + signed(-5, 2) + ibm(256.0) + bytes([12]) + ibm(281.5) + bits(numbers, 12)
    parts[3] = unsigned(len(content) + 3, 3) + content
    return joined1(parts), two


def sections1(message):
    """Sections 1 to 4 of edition 1; those that are not there are empty."""
    flags, place, found = message[8 + 7], 8, []
    for number in range(1, 5):
        if number == 2 and not flags & 0x80 or number == 3 and not flags & 0x40:
            found.append(b"")
            continue
        size = int.from_bytes(message[place:place + 3], "big")
        found.append(message[place:place + size])
        place += size
    return found


def joined1(parts):
    body = b"".join(parts) + b"7777"
    return b"GRIB" + unsigned(8 + len(body), 3) + b"\x01" + body


def ibm(value):
    """A number of edition 1 that stands for a power of two times a small integer exactly."""
    exponent = 64
    while value >= 1:
        value, exponent = value / 16, exponent + 1
    return bytes([exponent]) + unsigned(int(value * (1 << 24)), 3)


def second_order1(base, numbers, lengths, rows=False, constant=False, binary=-2, reference=256.0, extended=0):
    """Second-order packing without differencing: groups are rows, or marked in a secondary bitmap."""
    groups, start = [], 0
    for length in lengths:
        groups.append(list(numbers[start:start + length]))
        start += length
    assert start == len(numbers)
    references = [min(group) for group in groups]
    widths = [int(max(group) - low).bit_length() for group, low in zip(groups, references)]
    if constant:
        widths = [max(widths)] * len(widths)
    lists = bytes(widths[:1] if constant else widths)
    if not rows:
        marks = [int(place == 0) for group in groups for place in range(len(group))]
        lists += bits(marks, 1)
    first_width = int(max(references)).bit_length()
    first = bits(references, first_width)
    text = "".join(
        format(int(number - low), f"0{width}b")
        for group, low, width in zip(groups, references, widths) for number in group if width)
    text += "0" * (-len(text) % 8)
    second = int(text, 2).to_bytes(len(text) // 8, "big") if text else b""
    flags = (0 if rows else 0x20) | (0 if constant else 0x10) | extended
    n1 = 21 + len(lists) + 1
    n2 = n1 + len(first)
    content = bytes([0x50]) + signed(binary, 2) + ibm(reference) + bytes([first_width])
    content += unsigned(n1, 2) + bytes([flags]) + unsigned(n2, 2) + unsigned(len(groups), 2)
    content += unsigned(len(numbers), 2) + b"\0" + lists + first + second
    if len(content) % 2 == 0:
        content += b"\0"
    parts = sections1(base)
    parts[3] = unsigned(len(content) + 3, 3) + content
    return joined1(parts)


# -- all of them


def recipes():
    two, one = "regular_ll_sfc_grib2", "regular_ll_sfc_grib1"
    for edition, sample in ((2, two), (1, one)):
        for width in (1, 5, 7, 8, 12, 13, 16, 20, 24, 25, 31, 32):
            yield f"simple_{edition}_{width}_bits", {"sample": sample, "before": {"bitsPerValue": width}}
        yield f"simple_{edition}_bitmap", {"sample": sample, "bitmap": 1, "before": {"bitsPerValue": 11}}
        yield f"simple_{edition}_decimal", {
            "sample": sample, "before": {"changeDecimalPrecision": 2, "decimalPrecision": 2}}
        yield f"constant_{edition}", {"sample": sample, "constant": 1}
        yield f"ieee_{edition}_32", {"sample": sample, "after": {"packingType": "grid_ieee", "precision": 1}, "again": 1}
        yield f"ieee_{edition}_64", {"sample": sample, "after": {"packingType": "grid_ieee", "precision": 2}, "again": 1}
        yield f"ieee_{edition}_bitmap", {"sample": sample, "bitmap": 1, "after": {"packingType": "grid_ieee"}, "again": 1}
        yield f"matrix_{edition}", {"sample": sample, "after": {"packingType": "grid_simple_matrix"}}
        for name in ("", "_no_SPD", "_SPD1", "_SPD2", "_SPD3", "_no_boustrophedonic", "_boustrophedonic"):
            for bitmap in (0, 1):
                yield f"second_order{name}_{edition}{'_bitmap' * bitmap}", {
                    "sample": sample, "bitmap": bitmap, "before": {"bitsPerValue": 14},
                    "after": {"packingType": f"grid_second_order{name}"}}
        yield f"second_order_{edition}_constant", {
            "sample": sample, "constant": 1, "after": {"packingType": "grid_second_order"}}
        sample = f"sh_ml_grib{edition}"
        yield f"spectral_complex_{edition}", {"sample": sample, "truncation": 12}
    for packing, widths in {
        "ccsds": (6, 8, 12, 16, 17, 22, 24, 30), "jpeg": (8, 12, 16, 20),
        "complex": (12,), "complex_spatial_differencing": (12, 20),
        "simple_log_preprocessing": (16,),
    }.items():
        for width in widths:
            for bitmap in (0, 1):
                yield f"{packing}_{width}_bits{'_bitmap' * bitmap}", {
                    "sample": two, "bitmap": bitmap, "before": {"bitsPerValue": width},
                    "after": {"packingType": f"grid_{packing}"}}
        yield f"{packing}_constant", {
            "sample": two, "constant": 1, "after": {"packingType": f"grid_{packing}"}, "again": 1}
    yield "complex_order_1", {
        "sample": two, "before": {"bitsPerValue": 12},
        "after": {"packingType": "grid_complex_spatial_differencing", "orderOfSpatialDifferencing": 1}, "again": 1}


def grids():
    """Grids in small: (name, sample, keys)."""
    plain = {
        "Ni": 9, "Nj": 5, "latitudeOfFirstGridPointInDegrees": 40, "longitudeOfFirstGridPointInDegrees": 10,
        "latitudeOfLastGridPointInDegrees": 30, "longitudeOfLastGridPointInDegrees": 26,
        "iDirectionIncrementInDegrees": 2, "jDirectionIncrementInDegrees": 2.5}
    west = {"longitudeOfFirstGridPointInDegrees": 350, "longitudeOfLastGridPointInDegrees": 6}
    north = {
        "jScansPositively": 1, "latitudeOfFirstGridPointInDegrees": 30, "latitudeOfLastGridPointInDegrees": 40}
    gaussian = {
        "Ni": 16, "Nj": 8, "N": 4, "latitudeOfFirstGridPointInDegrees": 73.799, "longitudeOfFirstGridPointInDegrees": 0,
        "latitudeOfLastGridPointInDegrees": -73.799, "longitudeOfLastGridPointInDegrees": 337.5,
        "iDirectionIncrementInDegrees": 22.5}
    plane = {
        "Nx": 9, "Ny": 5, "latitudeOfFirstGridPointInDegrees": 30, "longitudeOfFirstGridPointInDegrees": 260,
        "LoVInDegrees": 265, "DxInMetres": 50000, "DyInMetres": 40000, "Latin1InDegrees": 25, "Latin2InDegrees": 45,
        "LaDInDegrees": 25, "jScansPositively": 1}
    polar = {
        "Nx": 9, "Ny": 5, "latitudeOfFirstGridPointInDegrees": 50, "longitudeOfFirstGridPointInDegrees": 210,
        "orientationOfTheGridInDegrees": 250, "DxInMetres": 60000, "DyInMetres": 60000, "LaDInDegrees": 60,
        "jScansPositively": 1}
    mercator = {
        "Ni": 9, "Nj": 5, "latitudeOfFirstGridPointInDegrees": 10, "longitudeOfFirstGridPointInDegrees": 350,
        "LaDInDegrees": 20, "latitudeOfLastGridPointInDegrees": 12, "longitudeOfLastGridPointInDegrees": 354,
        "DiInMetres": 50000, "DjInMetres": 50000, "jScansPositively": 1}
    azimuthal = {
        "Nx": 9, "Ny": 5, "latitudeOfFirstGridPointInDegrees": 60, "longitudeOfFirstGridPointInDegrees": 5,
        "standardParallelInDegrees": 52, "centralLongitudeInDegrees": 10, "xDirectionGridLengthInMetres": 50000,
        "yDirectionGridLengthInMetres": 50000}
    view = {
        "shapeOfTheEarth": 5, "Nx": 12, "Ny": 10, "latitudeOfSubSatellitePointInDegrees": 0,
        "longitudeOfSubSatellitePointInDegrees": 9.5, "dx": 14, "dy": 13, "XpInGridLengths": 6, "YpInGridLengths": 5,
        "orientationOfTheGridInDegrees": 0, "Nr": 6610700, "Xo": 0, "Yo": 0}
    pole = {"latitudeOfSouthernPoleInDegrees": -40, "longitudeOfSouthernPoleInDegrees": 15}
    for edition in (1, 2):
        yield f"regular_ll_{edition}", "regular_ll", edition, plain
        yield f"regular_ll_{edition}_west", "regular_ll", edition, {**plain, **west}
        yield f"regular_ll_{edition}_from_the_south", "regular_ll", edition, {**plain, **north}
        yield f"regular_ll_{edition}_columns", "regular_ll", edition, {**plain, "jPointsAreConsecutive": 1}
        yield f"regular_ll_{edition}_to_the_west", "regular_ll", edition, {
            **plain, "iScansNegatively": 1, "longitudeOfFirstGridPointInDegrees": 26, "longitudeOfLastGridPointInDegrees": 10}
        yield f"regular_ll_{edition}_no_steps", "regular_ll", edition, {**plain, "ijDirectionIncrementGiven": 0}
        yield f"rotated_ll_{edition}", "rotated_ll", edition, {**plain, **pole}
        yield f"regular_gg_{edition}", "regular_gg", edition, gaussian
        yield f"regular_gg_{edition}_part", "regular_gg", edition, {
            **gaussian, "Nj": 4, "latitudeOfFirstGridPointInDegrees": 52.813, "latitudeOfLastGridPointInDegrees": -10.544}
        shorter = {key: value for key, value in plane.items() if edition == 2 or key != "LaDInDegrees"}
        yield f"lambert_{edition}", "lambert", edition, shorter
        shorter = {key: value for key, value in polar.items() if edition == 2 or key != "LaDInDegrees"}
        yield f"polar_stereographic_{edition}", "polar_stereographic", edition, shorter
        yield f"mercator_{edition}", "mercator", edition, mercator
    yield "lambert_2_ellipsoid", "lambert", 2, {**plane, "shapeOfTheEarth": 4}
    yield "lambert_2_south", "lambert", 2, {
        **plane, "latitudeOfFirstGridPointInDegrees": -30, "Latin1InDegrees": -25, "Latin2InDegrees": -45,
        "LaDInDegrees": -25, "projectionCentreFlag": 128}
    yield "polar_stereographic_2_south", "polar_stereographic", 2, {
        **polar, "projectionCentreFlag": 128, "latitudeOfFirstGridPointInDegrees": -50, "LaDInDegrees": -60}
    yield "mercator_2_ellipsoid", "mercator", 2, {**mercator, "shapeOfTheEarth": 5}
    yield "lambert_azimuthal_2", "lambert_azimuthal_equal_area", 2, azimuthal
    yield "lambert_azimuthal_2_ellipsoid", "lambert_azimuthal_equal_area", 2, {**azimuthal, "shapeOfTheEarth": 5}
    yield "space_view_2", "space_view", 2, view


def reduced_grids(made):
    """A reduced Gaussian grid of 8 rows, whole and from 30 to 100 degrees east."""
    rows = [10, 14, 18, 20, 20, 18, 14, 10]
    for first, last, name in ((0, 342_000_000, "reduced_gg_2"), (30_000_000, 100_000_000, "reduced_gg_2_part")):
        inside = [
            [i for i in range(count) if first <= i * 360_000_000 / count <= last] if "part" in name else range(count)
            for count in rows]
        count = sum(map(len, inside))
        grid = b"\0" + unsigned(count, 4) + b"\x02\x01" + unsigned(40, 2) + b"\x06" + bytes(15)
        grid += unsigned(0xFFFFFFFF, 4) + unsigned(len(rows), 4) + bytes(4) + bytes([255] * 4) + signed(73_799_000, 4) + signed(first, 4)
        grid += b"\0" + signed(-73_799_000, 4) + signed(last, 4) + unsigned(0xFFFFFFFF, 4) + unsigned(4, 4) + b"\0"
        grid += b"".join(unsigned(one, 2) for one in rows)
        constant = dict(sections2(made["constant_2"]))
        representation = constant[5][5:]
        yield name, with_sections2(made["constant_2"], {
            3: section2(3, grid), 5: section2(5, unsigned(count, 4) + representation[4:])})


def grid_message(gridType, edition, keys):
    import eccodes as ec

    handle = ec.codes_grib_new_from_samples(f"regular_ll_sfc_grib{edition}")
    ec.codes_set(handle, "gridType", gridType)
    for key, value in keys.items():
        ec.codes_set(handle, key, value)
    columns, rows = ((keys["Nx"], keys["Ny"]) if "Nx" in keys else (keys["Ni"], keys["Nj"]))
    ec.codes_set_array(handle, "values", np.zeros(columns * rows))
    return ec.codes_get_message(handle)


def coordinates():
    """Writes latitudes and longitudes of the message on standard input."""
    import eccodes as ec

    handle = ec.codes_new_from_message(sys.stdin.buffer.read())
    for key in ("latitudes", "longitudes"):
        sys.stdout.buffer.write(ec.codes_get_array(handle, key).astype("<f8").tobytes())


def scanning(message, flags):
    """`message` of edition 2 with another scanning mode."""
    parts = dict(sections2(message))
    grid = bytearray(parts[3])
    grid[71] = flags
    return with_sections2(message, {3: bytes(grid)})


def turned(values, length):
    """Each second run of `length` the other way round."""
    runs = values.reshape(-1, length).copy()
    runs[1::2] = runs[1::2, ::-1]
    return runs.ravel()


def by_hand(made):
    """Messages that eccodes cannot encode: (name, message, rows' length to be turned or None, field[, values])."""
    two, one = made["simple_2_12_bits"], made["simple_1_12_bits"]
    count = COLUMNS * ROWS
    wave = (900 + 700 * np.sin(np.arange(count) / 11) + np.random.default_rng(2).integers(0, 20, count)).astype(int)
    lengths = [1, 30, 2, 40, 14, 60, 20, 20]
    assert sum(lengths) == count
    for order in (0, 1, 2):
        yield f"hand_complex_order_{order}", complex2(two, wave.tolist(), lengths, order=order), None, 0
        for management in (1, 2):
            holes = wave.tolist()
            for place in [0, 3, *range(31, 33), *range(50, 55), 186]:
                holes[place] = ... if management == 2 and place % 2 else None
            for place in range(33, 73):
                if place % 3 == 0:
                    holes[place] = None
            yield (f"hand_complex_order_{order}_missing_{management}",
                   complex2(two, holes, lengths, missing=management, order=order), None, 0)
    for width in (1, 2, 4, 8, 16, 24, 32):
        message, values = png2(two, np.random.default_rng(width).integers(0, 1 << width, count).tolist(), width)
        # eccodes takes whole bytes only
        yield f"hand_png_{width}_bits", message, None, 0, values if width < 8 else None
    for edition, message in enumerate(spectral_simple(one, two), 1):
        yield f"hand_spectral_simple_{edition}", message, None, 0
    levels = np.repeat([0, 3, 1, 2, 0, 3], [40, 1, 1, 100, 25, 20]).tolist()
    yield "hand_run_length", run_length2(two, levels, [5, 17, 300], 4, 1), None, 0
    yield "hand_run_length_8_bits", run_length2(two, levels, [5, 17, 300], 8, -1), None, 0
    yield "hand_row_by_row", second_order1(one, wave, [COLUMNS] * ROWS, rows=True), None, 0
    for name, options in {
        "general": {}, "constant_width": {"constant": True},
        "general_boustrophedonic": {"extended": 4},
        "constant_width_boustrophedonic": {"constant": True, "extended": 4},
    }.items():
        # eccodes does not find the values of one of them
        values = turned(wave / 4 + 256, COLUMNS) if name == "general_boustrophedonic" else None
        yield f"hand_{name}", second_order1(one, wave, lengths, **options), None, 0, values
    yield "hand_alternating", scanning(two, 0x10), COLUMNS, 0
    yield "hand_columns", scanning(two, 0x20), None, 0
    yield "hand_alternating_columns", scanning(two, 0x30), ROWS, 0
    # a binary scale by which a field is missing as a whole
    parts = sections1(one)
    missing = joined1([*parts[:3], parts[3][:4] + b"\xff\xff" + parts[3][6:]])
    yield "hand_missing_1", missing, None, 0, np.full(count, np.nan)
    # the length of a large message: units of 120 bytes, less what section 4 says
    units = (len(one) - 4 + 119) // 120
    parts[3] = unsigned(units * 120 + 4 - len(one), 3) + parts[3][3:]
    large = joined1(parts)
    yield "hand_large_1", large[:4] + unsigned(0x800000 | units, 3) + large[7:], None, 0


def several_fields(made):
    """Messages of more than one field, with the values of each."""
    plain, mapped, other = made["simple_2_12_bits"], made["simple_2_bitmap"], made["complex_12_bits"]
    a, b, c = (dict(sections2(message)) for message in (mapped, plain, other))
    refers = section2(6, b"\xfe")
    count = sum(bin(byte).count("1") for byte in a[6][6:])
    # the second field is packed for the points that the first one's bitmap leaves
    shorter = b[5][:5] + unsigned(count, 4) + b[5][9:]
    body = [a[1], a[3], a[4], a[5], a[6], a[7]]
    yield "fields_bitmap_254", joined2(plain, [*body, a[4], shorter, refers, b[7]]), 2
    yield "fields_grid_again", joined2(plain, [*body, c[3], c[4], c[5], c[6], c[7], b[4], b[5], b[6], b[7]]), 3


def main():
    messages = {}
    for name, recipe in recipes():
        try:
            messages[name] = in_own_process("make", json.dumps(recipe))
        except RuntimeError as error:
            print("not made:", name, error, file=sys.stderr)
    entries, blob, known = [], bytearray(), {}

    def keep(data):
        data = bytes(data)
        if data not in known:
            known[data] = [len(blob), len(data)]
            blob.extend(data)
        return known[data]

    def add(name, message, length=None, index=0, values=None):
        if values is None:
            try:
                values = np.frombuffer(in_own_process("decode", str(index), stdin=message), "<f8")
            except RuntimeError as error:
                print("not decoded:", name, error, file=sys.stderr)
                return
        entry = {"name": name, "message": keep(message), "field": index}
        if length:
            entry["rows"] = "turned"
            values = turned(values, length)
        if "matrix" in name:
            entry["refused"] = True
        elif len(values) != COLUMNS * ROWS and "spectral" not in name:
            print("not kept:", name, "has", len(values), "values", file=sys.stderr)
            return
        else:
            entry["values"] = keep(np.asarray(values, "<f8").tobytes())
        entries.append(entry)

    for name, message in messages.items():
        add(name, message)
    for one in by_hand(messages):
        add(*one)
    for name, message, fields in several_fields(messages):
        for index in range(fields):
            add(f"{name}_{index}", message, None, index)
    made = [
        (name, in_own_process("grid", json.dumps([kind, edition, keys]))) for name, kind, edition, keys in grids()]
    for name, message in [*made, *reduced_grids(messages)]:
        found = np.frombuffer(in_own_process("coordinates", stdin=message), "<f8").reshape(2, -1)
        entries.append({
            "name": name, "message": keep(message), "latitudes": keep(found[0].tobytes()),
            "longitudes": keep(found[1].tobytes())})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (HERE / "grib.json").write_text(f"[\n{lines}\n]\n")
    (HERE / "grib.bin").write_bytes(blob)
    print(len(entries), "messages,", len(blob), "bytes")


def decode(index):
    """Writes the values of a field of the message on standard input."""
    import eccodes as ec

    ec.codes_grib_multi_support_on()
    message = sys.stdin.buffer.read()
    path = pathlib.Path(f"/tmp/make-grib-{index}-{len(message)}.grib")
    path.write_bytes(message)
    try:
        with path.open("rb") as file:
            for _ in range(index + 1):
                handle = ec.codes_grib_new_from_file(file)
            packing = ec.codes_get_string(handle, "packingType")
            values = np.empty(0)
            if packing != "grid_simple_matrix":
                ec.codes_set(handle, "missingValue", MISSING)
                values = ec.codes_get_array(handle, "values")
    finally:
        path.unlink()
    sys.stdout.buffer.write(np.where(values == MISSING, np.nan, values).astype("<f8").tobytes())


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        sys.stdout.buffer.write(made_by_eccodes(json.loads(sys.argv[2])))
    elif sys.argv[1:2] == ["grid"]:
        sys.stdout.buffer.write(grid_message(*json.loads(sys.argv[2])))
    elif sys.argv[1:2] == ["coordinates"]:
        coordinates()
    elif sys.argv[1:2] == ["decode"]:
        decode(int(sys.argv[2]))
    else:
        main()
