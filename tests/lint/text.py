#!/usr/bin/python3
"""Rules of the house that can be read off the text of a source.

No file is over 1,500 lines; each source opens with a comment; each is listed in its folder's meson.build; every public
function has a comment before it, its own or that of the group of declarations it stands in (no empty line between).
The lock order is written in docs/locking.md.
"""

import os
import re
import sys

from layers import sources
from tap import Tap

MAX_LINES = 1500


def too_long(path, lines):
    return [f'{path}: {len(lines)} lines'] if len(lines) > MAX_LINES else []


def no_essay(path, lines):
    return [] if lines and lines[0].startswith('/*') else [f'{path}: does not open with a comment']


def not_built(root, path):
    if not path.endswith('.c'):
        return []
    folder, name = os.path.split(path)
    while folder:
        listing = os.path.join(root, folder, 'meson.build')
        if os.path.isfile(listing):
            with open(listing, encoding='utf-8') as text:
                wanted = os.path.relpath(os.path.join(root, path), os.path.dirname(listing))
                return [] if f"'{wanted}'" in text.read() else [f'{path}: not in {folder}/meson.build']
        folder = os.path.dirname(folder)
    return [f'{path}: no meson.build lists it']


def undocumented(path, lines):
    """Public functions without a comment: going up from the declaration, a comment comes before any empty line."""
    problems = []
    for number, line in enumerate(lines):
        if not re.match(r'VFS_API\b', line):
            continue
        above = number - 1
        while above >= 0 and lines[above].strip() and not lines[above].rstrip().endswith('*/'):
            above -= 1
        if above < 0 or not lines[above].rstrip().endswith('*/'):
            problems.append(f'{path}:{number + 1}: no comment: {line.strip()}')
    return problems


def main():
    root = sys.argv[1]
    found = {'length': [], 'essay': [], 'built': [], 'documented': []}
    for path in sources(root):
        with open(os.path.join(root, path), encoding='utf-8') as source:
            lines = source.read().split('\n')
        found['length'] += too_long(path, lines)
        found['essay'] += no_essay(path, lines)
        found['built'] += not_built(root, path)
        if path.startswith('include/'):
            found['documented'] += undocumented(path, lines)
    tap = Tap()
    tap.check(f'no file is over {MAX_LINES} lines', found['length'])
    tap.check('every source opens with a comment', found['essay'])
    tap.check('every source is listed in a meson.build', found['built'])
    tap.check('every public function has a comment before it', found['documented'])
    locking = os.path.join(root, 'docs/locking.md')
    tap.check('docs/locking.md exists', [] if os.path.isfile(locking) else [f'{locking} is missing'])
    tap.done()


main()
