"""Resident memory of `serve` after 10,000 tickets against after the first 100; most have nothing to do.

Each ticket is announced by a signed webhook and read from the sandbox; every tenth reports an error and is answered.
"""

from __future__ import annotations

import argparse

from stand import CONFIG, PLENTY, Serve, account, announce, fill, finished, set_up, stopped, wait
from zendesk_gupshup.demo.stage import free_port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=100)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--errors", type=float, default=0.1, help="share of tickets that are answered")
    parser.add_argument("--most", type=float, default=20.0, help="growth in MB that is still right")
    asked = parser.parse_args()
    with account(CONFIG, **PLENTY) as (sandbox, folder):
        # As deploy/ starts it.
        given = {**set_up(sandbox, folder, free_port()), "MALLOC_ARENA_MAX": "2"}
        serve = Serve(folder, given, "--no-sweep").wait_ready()
        handled, seen = 0, list[tuple[int, float]]()
        with stopped([serve]):
            print(f"started: {serve.megabytes:.1f} MB, {serve.files} files, {serve.threads} threads")
            while handled < asked.tickets:
                count = asked.first if handled == 0 else min(1000, asked.tickets - handled)
                tickets = fill(sandbox.store, count, errors=asked.errors, name=f"after{handled}x")
                announce(serve.hook, given["ZENDESK_WEBHOOK_SECRET"], tickets)
                handled += count

                def done(wanted: int = handled) -> bool:
                    return serve.metric("zendesk_gupshup_tickets_handled_total") >= wanted

                if not wait(done, 120 + count, every=0.5):
                    raise SystemExit(f"{handled} tickets were not handled in time")
                wrong = [t for t, error in tickets.items() if error]
                assert finished(sandbox.store, wrong) == len(wrong)
                seen.append((handled, serve.megabytes))
                print(
                    f"after {handled} tickets: {serve.megabytes:.1f} MB, {serve.files} files, {serve.threads} threads",
                    flush=True,
                )
    growth = seen[-1][1] - seen[0][1]
    print(f"growth from {seen[0][0]} to {seen[-1][0]} tickets: {growth:.1f} MB")
    raise SystemExit(0 if growth < asked.most else 1)


if __name__ == "__main__":
    main()
