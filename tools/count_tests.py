#!/usr/bin/python3
"""Counts the single checks in meson's test logs; prints "N passed, N failed" last and fails if any failed.

A program that prints TAP counts once per TAP line, any other program once. A program that fails without a failed
TAP line (it crashed, or ran out of time) counts as one failure, and so does a log that is not there.
"""

import argparse
import json
import re
import sys

TAP_LINE = re.compile(r'^(not )?ok\b[^#]*(#\s*(skip|todo)\b.*)?', re.IGNORECASE)


def count(test):
    """(passed, failed, skipped) of one program."""
    passed = failed = skipped = 0
    for line in test.get('stdout', '').splitlines():
        match = TAP_LINE.match(line)
        if not match:
            continue
        if match.group(3):
            skipped += 1
        elif match.group(1):
            failed += 1
        else:
            passed += 1
    result = test['result']
    if result == 'SKIP':
        return 0, 0, max(skipped, 1)
    if result in ('OK', 'EXPECTEDFAIL'):
        return (passed, failed, skipped) if passed + failed + skipped else (1, 0, 0)
    return passed, max(failed, 1), skipped


def main():
    parser = argparse.ArgumentParser(description='Counts the checks in meson test logs.')
    parser.add_argument('--broken', type=int, default=0, help='builds that failed; each counts as one failure')
    parser.add_argument('logs', nargs='*', help='testlog.json of each build')
    args = parser.parse_args()

    totals = [0, args.broken, 0]
    for path in args.logs:
        try:
            with open(path, encoding='utf-8', errors='replace') as log:
                tests = [json.loads(line) for line in log if line.strip()]
        except OSError as error:
            print(f'no results: {error}')
            totals[1] += 1
            continue
        for test in tests:
            counts = count(test)
            totals = [a + b for a, b in zip(totals, counts)]
            if counts[1]:
                print(f'{path.split("/")[0]}: {test["name"]}: {counts[1]} failed ({test["result"]})')
    passed, failed, skipped = totals
    if skipped:
        print(f'{skipped} skipped')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
