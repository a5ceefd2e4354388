# SPDX-License-Identifier: Apache-2.0
"""The library behind this package: how it is found, called, and lent what lives in Python.

`calls.run` runs one operation; which there are is told in ``docs/c-abi.md``.
"""
