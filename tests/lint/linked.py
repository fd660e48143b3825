#!/usr/bin/python3
"""What the linker made: the shared library exports vfs_* and nothing else and has an SONAME, and hardening is on.

usage: linked.py ROOT LIBRARY PROGRAM
"""

import os
import re
import subprocess
import sys

from layers import sources
from tap import Tap


def lines_of(*command):
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout.splitlines()


def declared_in(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as header:
        return re.findall(r'^VFS_API\b[^;(]*?\b(\w+)\s*[(;]', header.read(), re.MULTILINE)


def declared(root):
    return {name for path in sources(root) if path.startswith('include/') for name in declared_in(root, path)}


def not_hardened(path):
    text = '\n'.join(lines_of('readelf', '-h', '-l', '-d', '-W', path))
    wanted = {
        'position independence': r'Type:\s+DYN',
        'RELRO': r'GNU_RELRO',
        'binding at start (BIND_NOW)': r'FLAGS.*(BIND_NOW|NOW)',
    }
    return [f'{path}: no {what}' for what, pattern in wanted.items() if not re.search(pattern, text)]


def main():
    root, library, program = sys.argv[1:]
    symbols = [line.split() for line in lines_of('nm', '-D', '--defined-only', library)]
    exported = {fields[-1].split('@')[0] for fields in symbols if fields[-2] != 'A'}
    public = declared(root)
    tap = Tap()
    tap.check('something is exported', [] if exported else ['nothing'])
    tap.check('only vfs_* is exported', sorted(n for n in exported if not n.startswith('vfs_')))
    tap.check('only what a public header declares is exported', sorted(exported - public))
    tap.check('every public function is exported', sorted(public - exported))
    soname = [line.split()[-1] for line in lines_of('objdump', '-p', library) if 'SONAME' in line]
    tap.check('SONAME is libvfs2.so.0', [] if soname == ['libvfs2.so.0'] else soname or ['none'])
    for path in library, program:
        tap.check(f'{os.path.basename(path)} is position independent with full RELRO', not_hardened(path))
    tap.done()


if __name__ == '__main__':
    main()
