# SPDX-License-Identifier: Apache-2.0
"""The version of this package; a test holds it against the file VERSION and the library."""

__version__ = "0.1.0"
