# SPDX-License-Identifier: Apache-2.0
"""Where files and outputs are: by the library itself, by fsspec, by stores of others, or in memory."""
