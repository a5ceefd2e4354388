# SPDX-License-Identifier: Apache-2.0
"""Messages whose headers differ, and what eccodes (2.50) reads out of them: headers.grib and headers.json.

    python Fixtures/grib-headers/make_headers.py

Messages have one to four points. The first key of each case is the edition; `None` is eccodes' word for missing.
"""

import json
import pathlib

import eccodes

HERE = pathlib.Path(__file__).parent
MISSING = None
NAMES = ["shortName", "name", "units", "cfName", "cfVarName", "typeOfLevel", "stepType"]
WHOLE = ["edition", "paramId", "number", "totalNumber", "dataDate", "dataTime", "validityDate", "validityTime"]


def parameter(discipline, category, number, **others):
    return dict(edition=2, discipline=discipline, parameterCategory=category, parameterNumber=number, **others)


def surface(first, second=255, value=MISSING, factor=MISSING, bottom=MISSING):
    return {
        "typeOfFirstFixedSurface": first, "scaleFactorOfFirstFixedSurface": factor,
        "scaledValueOfFirstFixedSurface": value, "typeOfSecondFixedSurface": second,
        "scaleFactorOfSecondFixedSurface": factor if bottom is not MISSING else MISSING,
        "scaledValueOfSecondFixedSurface": bottom,
    }


def ecmwf(mars_class=1, stream=1025, **others):
    """ECMWF's local section."""
    return dict(setLocalDefinition=1, grib2LocalSectionNumber=1, marsClass=mars_class, marsStream=stream, **others)


TEMPERATURE = parameter(0, 0, 0)
INTERVAL = dict(lengthOfTimeRange=6, indicatorOfUnitForTimeRange=1)


def cases():
    kwbc, ecmf, edzw, lfpw = dict(centre=7), dict(centre=98), dict(centre=78), dict(centre=85)
    for centre in (kwbc, ecmf, edzw, lfpw, dict(centre=74), dict(centre=254)):
        yield {**TEMPERATURE, **centre, **surface(103, value=2, factor=0)}
        yield {**TEMPERATURE, **centre, **surface(100, value=85000, factor=0)}
        yield {**parameter(0, 2, 2), **centre, **surface(103, value=10, factor=0)}
        yield {**parameter(0, 3, 1), **centre, **surface(101)}
    # levels
    for value, factor in ((50, 0), (100000, 0), (50, 1), (150, 0), (5, 2)):
        yield {**TEMPERATURE, **kwbc, **surface(100, value=value, factor=factor)}
    yield {**TEMPERATURE, **kwbc, **surface(108, 108, value=30000, factor=0, bottom=0)}
    yield {**parameter(2, 0, 2), **kwbc, **surface(106, 106, value=0, factor=2, bottom=10)}
    yield {**parameter(2, 3, 18), **ecmf, **surface(151, 151, value=0, factor=0, bottom=1)}
    yield {**parameter(0, 2, 2), **kwbc, **surface(109, value=2, factor=6)}
    yield {**parameter(0, 2, 2), **kwbc, **surface(220)}
    yield {**parameter(0, 1, 1), **kwbc, **surface(204)}
    yield {**parameter(10, 3, 0), **ecmf, **surface(160, value=0, factor=0)}
    yield {**TEMPERATURE, **ecmf, **surface(105, value=137, factor=0)}
    yield {**TEMPERATURE, **kwbc, **surface(104, value=995, factor=3)}
    yield {**TEMPERATURE, **kwbc, **surface(191)}
    # intervals
    for process in (0, 1, 2, 3, 4, 6, 11, 255):
        yield {
            **parameter(0, 1, 8), **kwbc, "productDefinitionTemplateNumber": 8, **surface(1), **INTERVAL,
            "typeOfStatisticalProcessing": process, "forecastTime": 6,
        }
    yield {
        **parameter(0, 1, 8), **ecmf, "productDefinitionTemplateNumber": 11, **surface(1), **INTERVAL,
        "typeOfStatisticalProcessing": 1, "perturbationNumber": 7, "numberOfForecastsInEnsemble": 51,
    }
    yield {
        **TEMPERATURE, **ecmf, "productDefinitionTemplateNumber": 8, **surface(103, value=2, factor=0),
        "numberOfTimeRanges": 2, "typeOfStatisticalProcessing": [0, 2], "typeOfTimeIncrement": [1, 2],
        "indicatorOfUnitForTimeRange": [1, 1], "lengthOfTimeRange": [744, 24],
    }
    for unit, count in ((0, 90), (1, 240), (2, 3), (10, 4), (11, 5), (12, 2), (13, 3600), (13, 900)):
        yield {**TEMPERATURE, **kwbc, **surface(1), "indicatorOfUnitForForecastTime": unit, "forecastTime": count}
    # ensembles, probabilities, percentiles
    yield {
        **TEMPERATURE, **kwbc, "productDefinitionTemplateNumber": 1, **surface(1), "perturbationNumber": 3,
        "numberOfForecastsInEnsemble": 30,
    }
    yield {
        **TEMPERATURE, **kwbc, "productDefinitionTemplateNumber": 2, **surface(1), "derivedForecast": 0,
        "numberOfForecastsInEnsemble": 30,
    }
    yield {
        **parameter(0, 1, 8), **kwbc, "productDefinitionTemplateNumber": 9, **surface(1), **INTERVAL,
        "typeOfStatisticalProcessing": 1, "probabilityType": 1, "scaleFactorOfUpperLimit": 0,
        "scaledValueOfUpperLimit": 10,
    }
    yield {**TEMPERATURE, **kwbc, "productDefinitionTemplateNumber": 6, **surface(1), "percentileValue": 90}
    yield {**TEMPERATURE, **ecmf, "productDefinitionTemplateNumber": 60, **surface(1), "perturbationNumber": 5}
    yield {**TEMPERATURE, **kwbc, "productDefinitionTemplateNumber": 15, **surface(1)}
    # constituents, aerosols, waves, satellites
    for kind in (0, 5, 7, 10):
        yield {**parameter(0, 20, 2), **ecmf, "productDefinitionTemplateNumber": 40, **surface(105, value=1, factor=0),
               "constituentType": kind, **ecmwf(mars_class=19)}
    yield {**parameter(0, 20, 2), **kwbc, "productDefinitionTemplateNumber": 42, **surface(1), "constituentType": 0,
           **INTERVAL, "typeOfStatisticalProcessing": 0}
    yield {
        **parameter(0, 20, 102), **ecmf, "productDefinitionTemplateNumber": 48, **surface(10), "aerosolType": 62000,
        "typeOfWavelengthInterval": 11, "scaleFactorOfFirstWavelength": 9, "scaledValueOfFirstWavelength": 550,
    }
    yield {**parameter(0, 20, 2), **edzw, "productDefinitionTemplateNumber": 50, **surface(1), "aerosolType": 62001}
    yield {**parameter(10, 0, 3), **kwbc, **surface(1)}
    yield {**parameter(10, 0, 3), **ecmf, **surface(1), **ecmwf(stream=1045)}
    yield {
        **parameter(10, 0, 98), **ecmf, "productDefinitionTemplateNumber": 103, **surface(101),
        "typeOfWavePeriodInterval": 7, "scaleFactorOfLowerWavePeriodLimit": 0, "scaledValueOfLowerWavePeriodLimit": 10,
        "scaleFactorOfUpperWavePeriodLimit": 0, "scaledValueOfUpperWavePeriodLimit": 12,
    }
    yield {**parameter(3, 0, 1), **edzw, "productDefinitionTemplateNumber": 32, "NB": 1, "satelliteSeries": 333,
           "satelliteNumber": 72, "instrumentType": 207}
    # data sets, and names before and after their change
    for version in (4, 28, 33, 34, 36):
        yield {**parameter(0, 1, 52), **ecmf, **surface(1), "productDefinitionTemplateNumber": 8, **INTERVAL,
               "typeOfStatisticalProcessing": 1, "tablesVersion": version, **ecmwf()}
        yield {**parameter(0, 1, 52), **ecmf, **surface(1), "tablesVersion": version, **ecmwf(mars_class=23)}
    for status in (0, 4, 6, 8, 10, 12):
        yield {**parameter(0, 1, 8), **ecmf, "productionStatusOfProcessedData": status, **surface(1),
               "productDefinitionTemplateNumber": 8, **INTERVAL, "typeOfStatisticalProcessing": 1}
    for definition in (7, 20, 25, 39):
        yield {**TEMPERATURE, **ecmf, **surface(1), **ecmwf(), "grib2LocalSectionNumber": definition, "number": 3}
    # nobody's
    yield {**parameter(0, 191, 200), **kwbc, **surface(1)}
    yield {**parameter(209, 3, 3), **dict(centre=161), **surface(102, value=500, factor=0)}
    # edition 1
    for centre, table, number in (
        (98, 128, 130), (98, 128, 167), (98, 128, 228), (98, 140, 229), (98, 128, 165), (98, 228, 246), (7, 2, 11),
        (7, 2, 33), (7, 129, 200), (78, 2, 11), (78, 201, 5), (82, 129, 11), (85, 1, 11), (34, 200, 91), (96, 1, 61),
        (98, 1, 61), (74, 3, 11), (98, 250, 250),
    ):
        yield dict(edition=1, centre=centre, table2Version=table, indicatorOfParameter=number)
    for kind, level in ((1, 0), (100, 500), (105, 2), (109, 60), (102, 0), (103, 10), (111, 7), (113, 350), (200, 0),
                        (210, 50), (211, 0)):
        yield dict(edition=1, centre=98, indicatorOfTypeOfLevel=kind, level=level)
    yield dict(edition=1, centre=98, indicatorOfTypeOfLevel=112, topLevel=0, bottomLevel=7)
    yield dict(edition=1, centre=7, indicatorOfTypeOfLevel=116, topLevel=30, bottomLevel=0)
    for indicator in (0, 1, 2, 3, 4, 5, 10, 113, 123):
        yield dict(edition=1, centre=98, timeRangeIndicator=indicator, P1=6, P2=12)
        yield dict(edition=1, centre=7, timeRangeIndicator=indicator, P1=6, P2=12)
    for unit, count in ((0, 90), (1, 30), (2, 3), (10, 4), (11, 4), (12, 4), (254, 36)):
        yield dict(edition=1, centre=7, unitOfTimeRange=unit, P1=count)
    for definition in (1, 2, 5, 8, 10, 13, 15, 16, 17, 23, 25, 26, 28, 30, 36, 49):
        yield dict(edition=1, centre=98, setLocalDefinition=1, localDefinitionNumber=definition, number=3)


def message(case):
    handle = eccodes.codes_grib_new_from_samples(f"GRIB{case['edition']}")
    keys = dict(case)
    edition = keys.pop("edition")
    if edition == 2:
        keys = {"tablesVersion": 34, "centre": keys.pop("centre"), **keys}
        eccodes.codes_set(handle, "tablesVersion", keys.pop("tablesVersion"))
    # what others depend on comes first
    for key in ("centre", "setLocalDefinition", "grib2LocalSectionNumber", "localDefinitionNumber",
                "productionStatusOfProcessedData", "discipline", "productDefinitionTemplateNumber", "numberOfTimeRanges",
                "NB", "table2Version", "indicatorOfParameter", "indicatorOfTypeOfLevel"):
        if key in keys:
            eccodes.codes_set_long(handle, key, keys.pop(key))
    for key, value in keys.items():
        if value is MISSING:
            eccodes.codes_set_missing(handle, key)
        elif isinstance(value, list):
            eccodes.codes_set_array(handle, key, value)
        else:
            try:
                eccodes.codes_set_long(handle, key, value)
            except eccodes.CodesInternalError:
                if key != "number":
                    raise
    found = eccodes.codes_get_message(handle)
    eccodes.codes_release(handle)
    return found


def steps(handle):
    """Start and end in seconds."""
    for unit, seconds in (("s", 1), ("m", 60), ("h", 3600)):
        try:
            eccodes.codes_set(handle, "stepUnits", unit)
            return [eccodes.codes_get(handle, key, int) * seconds for key in ("startStep", "endStep")]
        except eccodes.CodesInternalError:
            continue
    return None


def expected(found):
    handle = eccodes.codes_new_from_message(found)
    entry = {}
    for keys, kind in ((NAMES, str), (WHOLE, int), (["level"], float)):
        for key in keys:
            try:
                entry[key] = eccodes.codes_get(handle, key, kind)
            except eccodes.CodesInternalError:
                entry[key] = None
    entry["steps"] = steps(handle)
    eccodes.codes_release(handle)
    return entry


def main():
    blob, entries = b"", []
    for case in cases():
        found = message(case)
        entries.append({"offset": len(blob), "length": len(found), **expected(found)})
        blob += found
    (HERE / "headers.grib").write_bytes(blob)
    (HERE / "headers.json").write_text("[\n" + ",\n".join(json.dumps(e) for e in entries) + "\n]\n")


if __name__ == "__main__":
    main()
