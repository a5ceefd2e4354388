# SPDX-License-Identifier: Apache-2.0
"""Options of s3fs as the library takes them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class NotUnderstood(Exception):
    """The library has no word for an option; its name is the message."""


#: What botocore calls the options of s3fs, and what the library does.
_CLIENT = {
    "endpoint_url": "endpoint_url", "region_name": "region_name", "use_ssl": "use_ssl", "verify": "verify",
    "aws_access_key_id": "key", "aws_secret_access_key": "secret", "aws_session_token": "token",
}
_CONFIG = {"region_name": "region_name", "read_timeout": "timeout", "s3.addressing_style": "addressing_style", "anon": "anon"}
#: Of the configuration: how many connections botocore keeps.
_IDLE = ("max_pool_connections",)


def flattened(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of s3fs without the nested ones, whose members have names of their own for the library.

    Raises
    ------
    NotUnderstood
        Where one of them means something that the library cannot do.
    """
    found: dict[str, Any] = {}
    for name, value in options.items():
        if name == "client_kwargs":
            _add(found, name, value, _CLIENT)
        elif name == "config_kwargs":
            _add(found, name, _configuration(value), _CONFIG)
        elif name in ("username", "password"):
            _put(found, {"username": "key", "password": "secret"}[name], value, name)
        elif name in ("version_aware", "s3_additional_kwargs"):
            if value:
                raise NotUnderstood(name)
        else:
            _put(found, name, value, name)
    return found


def _configuration(value: Any) -> Any:
    """`config_kwargs` without what is deeper, or means nothing to the library."""
    if not isinstance(value, Mapping):
        return value
    rest = {name: one for name, one in value.items() if name not in _IDLE}
    for name in ("s3.addressing_style", "anon"):
        if name in rest:
            raise NotUnderstood(f"config_kwargs.{name}")
    style = rest.pop("s3", None)
    if style is not None:
        if not isinstance(style, Mapping):
            raise NotUnderstood("config_kwargs.s3")
        for name, one in style.items():
            if name != "addressing_style" or one not in ("auto", "path", "virtual", None):
                raise NotUnderstood(f"config_kwargs.s3.{name}")
        rest["s3.addressing_style"] = style.get("addressing_style")
    signature = rest.pop("signature_version", None)
    if (type(signature).__module__, type(signature).__name__) == ("botocore", "UNSIGNED"):
        rest["anon"] = True
    elif signature not in (None, "s3v4"):
        raise NotUnderstood("config_kwargs.signature_version")
    return rest


def _add(found: dict[str, Any], option: str, members: Any, known: Mapping[str, str]) -> None:
    if members is None:
        return
    if not isinstance(members, Mapping):
        raise NotUnderstood(option)
    for name, value in members.items():
        if name not in known:
            raise NotUnderstood(f"{option}.{name}")
        _put(found, known[name], value, f"{option}.{name}")


def _put(found: dict[str, Any], name: str, value: Any, told: str) -> None:
    """Adds an option; what is None is not given."""
    if value is None:
        return
    if name == "verify" and not isinstance(value, bool):
        raise NotUnderstood(told)  # a file of certificates
    if found.setdefault(name, value) != value:
        raise NotUnderstood(told)  # s3fs has an opinion of its own on what is said twice
