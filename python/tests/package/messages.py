# SPDX-License-Identifier: Apache-2.0
"""How much Dask sends: for tests, and for Benchmarks/dask_cluster.py."""


class Messages:
    """The sizes of all messages that this process, which is client and scheduler, sends and gets.

    Parameters
    ----------
    change : callable
        As `setattr`, or pytest's `monkeypatch.setattr`, which undoes it.
    """

    def __init__(self, change=setattr):
        from distributed.comm import tcp

        self.largest, self.total = 0, 0
        to_frames, from_frames = tcp.to_frames, tcp.from_frames

        def note(frames):
            size = sum(memoryview(frame).nbytes for frame in frames)
            self.largest, self.total = max(self.largest, size), self.total + size
            return frames

        async def sent(*arguments, **options):
            return note(await to_frames(*arguments, **options))

        async def got(frames, *arguments, **options):
            note(frames)
            return await from_frames(frames, *arguments, **options)

        change(tcp, "to_frames", sent)
        change(tcp, "from_frames", got)
