# SPDX-License-Identifier: Apache-2.0
"""Virtual datasets: what they are, how files and reference sets become them, how they are read and shown."""
