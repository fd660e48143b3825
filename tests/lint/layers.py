#!/usr/bin/python3
"""Reads the #include lines of all sources and fails where a folder includes what it must not.

The table below is the picture of ARCHITECTURE.md. A folder may include itself, the folders listed, the public headers
if it says so, and headers of the system. A folder with sources that is not in the table fails, too.
"""

import os
import re
import sys
import tempfile

from tap import Tap

# folder: (folders it may include besides itself, public headers it may include as a regular expression)
ANY_PUBLIC = r'vfs/.*'
BASE = ['vfs/base']
OBJECT = BASE + ['vfs/object']
MOUNT = OBJECT + ['mount']
PATH = MOUNT + ['vfs/path']
LAYERS = {
    'include/vfs': ([], ANY_PUBLIC),
    'vfs/base': ([], ANY_PUBLIC),
    'vfs/object': (BASE, ANY_PUBLIC),
    'mount': (OBJECT, ANY_PUBLIC),
    'vfs/path': (MOUNT, ANY_PUBLIC),
    'vfs/ops': (PATH, ANY_PUBLIC),
    'vfs/notify': (PATH, ANY_PUBLIC),
    'vfs/lock': (PATH, ANY_PUBLIC),
    'vfs/poll': (PATH, ANY_PUBLIC),
    'fsimpl/*': ([], r'vfs/(fsapi|host)\.h'),
    'fsimpl': (['vfs/ops'], r'vfs/fsapi\.h'),  # builtin.c, the table of the filesystems below
    'tools': ([], ANY_PUBLIC),
    'bench': ([], ANY_PUBLIC),
    'tests': (['*'], ANY_PUBLIC),
}

# header: the only files of the library that may include it. Programs and tests may use threads of their own.
ONLY_FROM = [
    (r'ck_\w+\.h', r'vfs/base/sync\.[ch]', False),
    (r'(pthread|threads|semaphore)\.h', r'vfs/base/sync\.[ch]', True),
    (r'jemalloc/.*', r'vfs/base/alloc\.[ch]', False),
]
FREE_FOLDERS = ('tools/', 'bench/', 'tests/')

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SKIPPED = re.compile(r'^(\.|build|subprojects$)')


def sources(root):
    for folder, names, files in os.walk(root):
        if folder == root:
            names[:] = [n for n in names if not SKIPPED.match(n)]
        for name in sorted(files):
            if name.endswith(('.c', '.h')):
                yield os.path.relpath(os.path.join(folder, name), root)


def layer_of(path):
    """The table's entry for a file, and the folder that counts as the file's own; None if there is none."""
    for layer in LAYERS:
        pattern = re.escape(layer).replace(r'\*', '[^/]+')
        match = re.match(f'({pattern})/', path)
        if match:
            return layer, match.group(1)
    return None


def resolved(root, path, header):
    """The file that a quoted include names, from the top folder; None if there is none."""
    for target in (os.path.normpath(os.path.join(os.path.dirname(path), header)), header):
        if os.path.isfile(os.path.join(root, target)):
            return target
    return None


def breaches_in(root, path):
    entry = layer_of(path)
    if not entry:
        return [f'{path}: its folder is not in the table of layers']
    layer, own = entry
    folders, public = LAYERS[layer]
    breaches = []
    first = None
    with open(os.path.join(root, path), encoding='utf-8') as source:
        for number, line in enumerate(source, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, header = match.groups()
            first = first or resolved(root, path, header) or header
            where = f'{path}:{number}: '
            for pattern, only, free in ONLY_FROM:
                if re.fullmatch(pattern, header) and not re.fullmatch(only, path) and not (
                        free and path.startswith(FREE_FOLDERS)):
                    breaches.append(f'{where}<{header}> may be included from {only} only')
            if quote == '<':
                if header.startswith('vfs/') and not re.fullmatch(public, header):
                    breaches.append(f'{where}<{header}> is not for {own}, which may include {public}')
                continue
            target = resolved(root, path, header)
            if not target:
                breaches.append(f'{where}"{header}" is no file, neither beside {path} nor from the top folder')
                continue
            folder = os.path.dirname(target)
            if not (folder + '/').startswith(own + '/') and folder not in folders and '*' not in folders:
                breaches.append(f'{where}"{header}" is not below {own}')
    header = path[:-1] + 'h'
    if path.endswith('.c') and os.path.isfile(os.path.join(root, header)) and first != header:
        breaches.append(f'{path}: the first include is not its own header')
    return breaches


def self_test():
    """The test finds what it is for: each file here has exactly one breach."""
    seeded = {
        'vfs/base/list.h': '',
        'vfs/object/file.h': '',
        'vfs/base/up.c': '#include "vfs/object/file.h"\n',
        'vfs/object/epoch.c': '#include <ck_epoch.h>\n',
        'vfs/object/thread.c': '#include <pthread.h>\n',
        'mount/arena.c': '#include <jemalloc/jemalloc.h>\n',
        'vfs/path/none.c': '#include "path.h"\n',
        'vfs/base/relative.c': '#include "../object/file.h"\n',
        'vfs/object/file.c': '#include "vfs/base/list.h"\n',
        'fsimpl/memfs/user.c': '#include <vfs/vfs.h>\n',
        'fsimpl/memfs/deep.c': '#include "vfs/base/list.h"\n',
        'bench/inside.c': '#include "vfs/base/list.h"\n',
        'elsewhere/file.c': '',
    }
    problems = []
    with tempfile.TemporaryDirectory() as root:
        for path, text in seeded.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as source:
                source.write(text)
        for path in seeded:
            expected = 0 if path.endswith('.h') else 1
            found = breaches_in(root, path)
            if len(found) != expected:
                problems.append(f'{path}: {len(found)} breaches, expected {expected}: {found}')
    return problems


def main():
    root = sys.argv[1]
    tap = Tap()
    tap.check('seeded breaches are found', self_test())
    by_folder = {}
    for path in sources(root):
        by_folder.setdefault(os.path.dirname(path), []).extend(breaches_in(root, path))
    for folder, breaches in by_folder.items():
        tap.check(f'{folder} includes only what is below it', breaches)
    tap.done()


if __name__ == '__main__':
    main()
