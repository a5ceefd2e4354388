# SPDX-License-Identifier: Apache-2.0
"""`kerchunk combine`: through xarray, each combination is what xarray itself makes of the files."""
import pytest

import combine_cases
import series

FORMS = [("json", []), ("parq", []), ("v3.json", ["--zarr-format", "3"])]


@pytest.mark.parametrize("name", combine_cases.CASES)
def test_as_xarray(name, tmp_path):
    case = combine_cases.CASES[name](tmp_path)
    references = series.scanned(case.files, tmp_path / "refs", *case.scan)
    for ending, options in FORMS:
        output = tmp_path / f"all.{ending}"
        run = series.combine(references, output, *case.options, *options)
        assert case.says in run.err
        got = series.opened(output) if ending != "v3.json" else series.opened_v3(output)
        found = series.differences(case.want, got.load())
        assert not found, ending + ": " + "\n".join(found)
