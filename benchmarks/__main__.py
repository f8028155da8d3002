"""The command: measure rows, print the table, write ``bench.json`` into the current folder."""

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from . import (
    burst_memory,
    burst_writer,
    export_hdf5,
    export_memory,
    export_tiff,
    fly_scan,
    hdf5_burst,
    hdf5_compression,
    jpeg_burst,
    load_jsonl,
    one_frame,
    open_run,
    point_overhead,
    read_compressed,
    read_filler,
    read_hdf5,
    read_tiff,
    stats_burst,
    tiff_stack,
    toy_camera,
    zarr_burst,
)
from .measure import Result, measure
from .report import as_json, table
from .rows import Row

ROWS: tuple[Row, ...] = (
    *point_overhead.ROWS,
    *toy_camera.ROWS,
    *hdf5_burst.ROWS,
    *tiff_stack.ROWS,
    *hdf5_compression.ROWS,
    *jpeg_burst.ROWS,
    *zarr_burst.ROWS,
    *burst_writer.ROWS,
    *burst_memory.ROWS,
    *stats_burst.ROWS,
    *fly_scan.ROWS,
    *load_jsonl.ROWS,
    *open_run.ROWS,
    *read_hdf5.ROWS,
    *read_compressed.ROWS,
    *read_filler.ROWS,
    *read_tiff.ROWS,
    *one_frame.ROWS,
    *export_tiff.ROWS,
    *export_hdf5.ROWS,
    *export_memory.ROWS,
)
"""All rows, in the order of the table."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns
    -------
    int
        1 when a row could not be measured or its result was wrong, else 0, however slow it was.
    """
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(f"{row.name}: {row.measures}, against {row.baseline}; goal {row.goal}" for row in ROWS))
        return 0
    results: list[Result] = []
    failed: list[str] = []
    for row in options.rows:
        print(f"measuring {row.name} ...", file=sys.stderr, flush=True)
        try:
            results.append(measure(row, options.repeat))
        except Exception:  # noqa: BLE001 - the other rows are measured all the same
            traceback.print_exc()
            failed.append(row.name)
    print(table(results))
    Path("bench.json").write_text(json.dumps({**as_json(results), "failed": failed}, indent=1), encoding="utf-8")
    if failed:
        print(f"could not be measured, see above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Ratios against baselines of the same run.")
    parser.add_argument("--rows", type=_rows, default=ROWS, metavar="NAME,NAME", help="only these rows")
    parser.add_argument("--repeat", type=_positive, metavar="N", help="rounds a row (7; fewer of long rows)")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    return parser


def _rows(text: str) -> list[Row]:
    known = {row.name: row for row in ROWS}
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        msg = f"no row {', '.join(map(repr, unknown))}; known: {', '.join(known)}"
        raise argparse.ArgumentTypeError(msg)
    return [known[name] for name in names]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"must be at least 1, not {number}"
        raise argparse.ArgumentTypeError(msg)
    return number


if __name__ == "__main__":
    sys.exit(main())
