# SPDX-License-Identifier: Apache-2.0
"""Many inputs into one dataset, or many: in this process, or by the workers of a cluster."""
