"""The differential fuzzer: `python packages/fastjango-http/tests/fuzz --requests 20000`."""

from __future__ import annotations

import argparse
import logging
import sys

from fuzz_compare import fuzz


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-app", type=int, default=40)
    parser.add_argument("--stop-after", type=int, default=1, help="differences to stop at")
    parser.add_argument("--source", action="store_true", help="print the application as well")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)

    def progress(done: int) -> None:
        if done % 2000 < options.per_app:
            print(f"{done} requests", file=sys.stderr, flush=True)

    done, differences = fuzz(
        options.requests,
        seed=options.seed,
        per_app=options.per_app,
        stop_after=options.stop_after,
        progress=progress,
    )
    for difference in differences:
        print(difference)
        if options.source:
            print(difference.source)
    print(f"{done} requests, {len(differences)} differences")
    return 1 if differences else 0


sys.exit(main())
