# SPDX-License-Identifier: Apache-2.0
"""What combinations are told: how inputs are joined, and how the run goes; the same for all functions that combine."""
from __future__ import annotations

import dataclasses
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypedDict, TypeVar

from swift_kerchunk._access.outputs import form_of
from swift_kerchunk._access.storage import Storage, protocol_of, scan_names
from swift_kerchunk._core.calls import Progress
from swift_kerchunk.errors import UsageError
from swift_kerchunk.issues import OnIssue
from swift_kerchunk.wording import near

OnError = Literal["raise", "skip"]
Function = TypeVar("Function", bound=Callable[..., Any])


class Details(TypedDict, total=False):
    """How datasets are made one, beside the dimensions; `swift_kerchunk.combine` tells what each member means."""

    identical_dim: Sequence[str] | str
    coord: Mapping[str, Any]
    coord_dtype: Mapping[str, Any]
    order: Literal["coordinates", "input"]
    duplicates: Literal["error", "first", "last"]
    absent: Literal["error", "union", "intersection"]
    fill_value: Mapping[str, Any]
    load_threshold: int
    load: Sequence[str] | str
    subchunk: bool
    override: Sequence[str] | str
    kerchunk_rules: bool
    drop: Sequence[str] | str
    rename: Mapping[str, str]
    rename_dim: Mapping[str, str]
    set_attr: Mapping[str, Any]
    delete_attr: Sequence[str] | str


class Joining(Details, total=False):
    """All of it."""

    concat_dim: Sequence[str] | str


class Common(TypedDict, total=False):
    """What any run is told, here or by the workers of a cluster; `BuildOptions` has the defaults."""

    inline_threshold: int
    zarr_format: Literal[2, 3]
    record_size: int
    append: bool
    append_wait: float
    overwrite: bool
    scratch: str | os.PathLike[str] | None
    jobs: int | None
    on_error: OnError
    retries: int
    batch_size: int | None


class Run(Common, total=False):
    """What users say of a run beside."""

    output: str | os.PathLike[str] | None
    memory: int
    storage_options: Mapping[str, Any] | None
    output_options: Mapping[str, Any] | None
    on_issue: OnIssue
    progress: Progress | None
    client: Any


class CombineKeywords(Run, Details, total=False):
    """Keywords of `swift_kerchunk.combine`."""

    remote_options: Mapping[str, Any] | None
    remote_protocol: str | None


class BuildKeywords(Run, Details, total=False):
    """Keywords of `swift_kerchunk.build`."""

    scan: Mapping[str, Any] | None


class PlanKeywords(Details, total=False):
    """Keywords of `swift_kerchunk.plan`."""

    scan: Mapping[str, Any] | None
    zarr_format: Literal[2, 3]
    jobs: int | None
    storage_options: Mapping[str, Any] | None
    on_issue: OnIssue
    progress: Progress | None


class ClusterKeywords(Common, total=False):
    """Keywords of `swift_kerchunk.cluster.build`, beside the joining."""

    scan: Mapping[str, Any] | None
    fill_missing: bool
    access: Access
    progress: Progress | None


class Access(NamedTuple):
    """How the inputs, the files behind their references, and the output are reached; as fsspec takes options."""

    storage_options: Mapping[str, Any] | None = None
    remote_options: Mapping[str, Any] | None = None
    remote_protocol: str | None = None
    #: How the output is reached, where that is otherwise than inputs.
    output_options: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        # options may be secrets
        return f"<access with {', '.join(name for name, value in self._asdict().items() if value) or 'no options'}>"

    @property
    def remote(self) -> Mapping[str, Any] | None:
        """How the files behind references are reached: as inputs, where nothing else is said."""
        return self.storage_options if self.remote_options is None else self.remote_options

    @property
    def output(self) -> Mapping[str, Any] | None:
        """How the output is reached: as inputs, where nothing else is said."""
        return self.storage_options if self.output_options is None else self.output_options

    def output_storage(self) -> Storage:
        """How the output is reached."""
        return Storage(self.output)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How a run goes, in values that pass from process to process; `swift_kerchunk.combine` tells what they mean."""

    output: str | None = None
    #: Options of the scan, as `swift_kerchunk.dataset.opening.scan_options` gives them; None where inputs are reference sets.
    scan: Mapping[str, Any] | None = None
    inline_threshold: int = 500
    zarr_format: int = 2
    record_size: int = 100_000
    fill_missing: bool = False
    append: bool = False
    append_wait: float = 600
    overwrite: bool = False
    scratch: str | None = None
    memory: int = 256 << 20
    jobs: int | None = None
    on_issue: OnIssue = "warn"
    on_error: OnError = "raise"
    retries: int = 2
    batch_size: int | None = None
    access: Access = Access()

    @classmethod
    def given(cls, keywords: Mapping[str, Any], **others: Any) -> BuildOptions:
        """Options as users give them; the joining among `keywords` is passed over.

        Raises
        ------
        UsageError
            Where they make no sense.
        """
        names = {field.name for field in dataclasses.fields(cls)}
        values = {**{name: value for name, value in keywords.items() if name in names}, **others}
        for name in ("output", "scratch"):
            if values.get(name) is not None:
                values[name] = os.fspath(values[name])
        values["scratch"] = _scratch_folder(values.get("scratch"))
        values.setdefault("access", Access(**{name: keywords[name] for name in Access._fields if name in keywords}))
        options = cls(**values)
        if options.output is not None and options.zarr_format not in (form := form_of(options.output)).zarr_formats:
            raise UsageError(
                f"{form.name} sets can only hold Zarr version {form.zarr_formats[-1]}: name the output .json, or use zarr_format=2")
        if options.on_error not in ("raise", "skip"):
            raise UsageError(f'on_error must be "raise" or "skip", not {options.on_error!r}')
        return options

    def settings(self) -> dict[str, Any]:
        """What the library is told of the combination."""
        return {**self.planning(), "memory": self.memory, "scratch": self.scratch, "on_error": self.on_error}

    def planning(self) -> dict[str, Any]:
        """The same of one of its steps, where an input that cannot be used is an error."""
        return {
            "zarr_format": self.zarr_format, "jobs": self.jobs, "inline_threshold": self.inline_threshold, **self.scanning(),
        }

    def scanning(self) -> dict[str, Any]:
        """How inputs are scanned, and where scans are kept; nothing where they are reference sets."""
        return {} if self.scan is None else {"scan": dict(self.scan), "scratch": self.scratch}

    def saving(self) -> dict[str, Any]:
        """What the library is told of the output."""
        return {"record_size": self.record_size, "zarr_format": self.zarr_format, "jobs": self.jobs}


#: Defaults of the keywords about the run.
_DEFAULTS: dict[str, Any] = {
    **{field.name: field.default for field in dataclasses.fields(BuildOptions)}, **Access()._asdict(),
    "progress": None, "client": None,
}


def taking(keywords: Any) -> Callable[[Function], Function]:
    """Shows the names of `keywords`, a TypedDict, in the signature of a function that takes them as ``**keywords``, with the
    defaults of `BuildOptions`; and refuses others."""
    types = {name: getattr(kind, "__forward_arg__", kind) for name, kind in keywords.__annotations__.items()}
    running = [name for name in types if name not in Details.__annotations__]

    def shown(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        known = [one.name for one in own]
        order = [name for name in _DEFAULTS if name in running and name not in known]
        function.__signature__ = signature.replace(parameters=[  # type: ignore[attr-defined]
            *own,
            *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[name], annotation=types[name])
              for name in order),
            *([inspect.Parameter("joining", inspect.Parameter.VAR_KEYWORD, annotation="Unpack[Details]")]
              if len(running) < len(types) else []),
        ])
        return function

    return shown


def joining_of(keywords: Mapping[str, Any], known: Any, concat_dim: Sequence[str] | str = ()) -> dict[str, Any]:
    """The joining among the keywords of a call.

    Raises
    ------
    TypeError
        For a keyword that is none of `known`, a TypedDict.
    """
    joining: dict[str, Any] = {}
    for name, value in keywords.items():
        if name not in known.__annotations__:
            if name in scan_names():
                raise TypeError(f"{name!r} is an option of the scan: give scan={{{name!r}: {value!r}}}")
            own = ["concat_dim"] if "order" in known.__annotations__ else []
            raise TypeError(f"unexpected keyword argument {name!r}{near(name, [*own, *known.__annotations__])}")
        if name in Details.__annotations__:
            joining[name] = value
    return {**joining, "concat_dim": concat_dim}


def _scratch_folder(scratch: str | None) -> str | None:
    """A folder that users name, as an absolute path."""
    if scratch is None:
        return None
    folder = scratch
    if protocol_of(folder) != "file":
        raise UsageError(
            f"scratch must be a local folder, or one in a file system that all workers share, not {folder!r}: leave it out"
            " if workers share none; each then keeps its scans in its own folder")
    return os.path.abspath(folder.removeprefix("file://"))


_LISTS = ("concat_dim", "identical_dim", "load", "override", "drop", "delete_attr")


def request_of(joining: Mapping[str, Any]) -> dict[str, Any]:
    """The joining as the library reads it.

    Raises
    ------
    TypeError
        For a name that is none of `Joining`.
    """
    request = dict(joining)
    for name in request:
        if name not in Joining.__annotations__:
            raise TypeError(f"unexpected keyword argument {name!r}{near(name, Joining.__annotations__)}")
    for name in _LISTS:
        value = request.get(name)
        if value is not None:
            request[name] = [value] if isinstance(value, str) else list(value)
    if request.get("coord_dtype"):
        request["coord_dtype"] = {name: _type_name(kind) for name, kind in request["coord_dtype"].items()}
    return {name: plain(value) for name, value in request.items()}


def _type_name(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    import numpy as np

    return str(np.dtype(kind).str)


def plain(value: Any) -> Any:
    """Numbers and arrays of numpy as Python's own, which JSON can hold."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return value
