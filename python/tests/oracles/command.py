# SPDX-License-Identifier: Apache-2.0
"""Runs the `kerchunk` binary, and knows where it, the fixtures and the corpus are."""
import dataclasses
import glob
import json
import os
import subprocess
import sys

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
KERCHUNK = os.environ.get("KERCHUNK", os.path.join(REPOSITORY, ".build", "release", "kerchunk"))
FIXTURES = os.path.join(REPOSITORY, "Fixtures")
CORPUS = os.environ.get("KERCHUNK_CORPUS", os.path.join(REPOSITORY, "..", "shared", "corpus"))
CORPUS_ABSENT = f"no corpus (KERCHUNK_CORPUS or {os.path.relpath(CORPUS, REPOSITORY)} beside the repository)"

GIBIBYTE = 1 << 30


@dataclasses.dataclass
class Run:
    """One finished call."""

    status: int
    out: str
    err: str
    peak: int  # bytes of resident memory at most

    @property
    def report(self):
        return json.loads(self.out or self.err)["files"]


def kerchunk(*arguments, timeout=120, cwd=None, env=None, stdin=None):
    """Runs the command; a call that takes longer than `timeout` seconds fails the test."""
    process = subprocess.Popen([KERCHUNK, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL if stdin is None else stdin, text=True, cwd=cwd, env=env,
                               errors="surrogateescape")
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"kerchunk ran longer than {timeout} s: {' '.join(map(str, arguments))[:300]}") from None
    return Run(process.returncode, out, err, 0)


def measured(*arguments, timeout=120):
    """As `kerchunk`, and with the peak of its resident memory (through a process of its own, as only ended
    children count)."""
    code = ("import json,resource,subprocess,sys\n"
            "p=subprocess.run(sys.argv[2:],stdout=subprocess.PIPE,stderr=subprocess.PIPE,timeout=float(sys.argv[1]))\n"
            "print(json.dumps([p.returncode,p.stdout.decode('utf-8','surrogateescape'),"
            "p.stderr.decode('utf-8','surrogateescape'),"
            "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss*1024]))")
    result = subprocess.run([sys.executable, "-c", code, str(timeout), KERCHUNK, *map(str, arguments)],
                            capture_output=True, text=True)
    assert result.returncode == 0, f"kerchunk ran longer than {timeout} s or could not start: {result.stderr[-500:]}"
    return Run(*json.loads(result.stdout))


@dataclasses.dataclass
class Scanned:
    """What a scan of one file gave."""

    path: str
    output: str
    issues: list
    error: dict | None

    def references(self):
        with open(self.output, encoding="utf-8", errors="surrogateescape") as f:
            return json.load(f)["refs"]


def scan_all(files, directory, *options, timeout=300):
    """Scans many files in as few calls as their names allow (outputs are named after files): path → Scanned."""
    batches = []
    for path in files:
        for batch in batches:
            if os.path.basename(path) not in batch:
                batch[os.path.basename(path)] = path
                break
        else:
            batches.append({os.path.basename(path): path})
    result = {}
    for number, batch in enumerate(batches):
        paths = list(batch.values())
        out = os.path.join(directory, str(number))
        os.makedirs(out, exist_ok=True)
        listing = os.path.join(directory, f"{number}.txt")
        with open(listing, "w") as f:
            f.write("".join(path + "\n" for path in paths))
        if len(paths) == 1:
            target = os.path.join(out, os.path.basename(paths[0]) + ".json")
            run = kerchunk("scan", paths[0], "-o", target, "--json", "--overwrite", *options, timeout=timeout)
        else:
            run = kerchunk("scan", "--files-from", listing, "-o", out, "--json", "--overwrite", *options, timeout=timeout)
        assert run.status in (0, 1), f"exit status {run.status}: {run.err[-2000:]}"
        for entry in run.report:
            name = os.path.basename(entry["input"])
            output = entry["output"] or os.path.join(out, name + ".json")
            result[batch[name]] = Scanned(batch[name], output, entry["issues"], entry["error"])
    missing = [path for path in files if path not in result]
    assert not missing, f"the report lacks {missing[:5]}"
    return result


def hdf5_files(folder):
    """All files below a folder that are not data for others."""
    return sorted(path for path in glob.glob(os.path.join(folder, "**"), recursive=True)
                  if os.path.isfile(path) and not path.endswith((".bin", ".txt", ".md", ".orig")))


def fixtures(*folders):
    return [path for folder in folders for path in hdf5_files(os.path.join(FIXTURES, folder))]


def corpus(*folders):
    return [path for folder in folders for path in hdf5_files(os.path.join(CORPUS, folder))]
