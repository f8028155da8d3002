"""Benchmarks: `python -m benchmarks`, from the repository root.

Each module holds one subject and offers its rows as ``ROWS``; `benchmarks.__main__` joins them. A row is a ratio of
times that were measured beside each other in the same run, because times alone say more about the machine than about
the code. Nothing here asserts a time, and nothing here is a test of correctness beyond "the frames really are there".
"""
