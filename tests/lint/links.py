#!/usr/bin/python3
"""The documents agree with the tree.

Relative links in *.md resolve, with their anchors; files and folders that are named between backticks exist; each
source with a DIFF-LINUX comment is named in docs/linux-differences.md, and each source named there has one.
"""

import glob
import os
import re
import sys

from layers import SKIPPED, sources
from tap import Tap

LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
NAMED = re.compile(r'`((?:bench|docs|fsimpl|include|mount|tests|tools|vfs)/[\w./-]*)`')
FENCE = re.compile(r'^```.*?^```', re.MULTILINE | re.DOTALL)
DIFFERENCES = 'docs/linux-differences.md'


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as text:
        return text.read()


def documents(root):
    for folder, names, files in os.walk(root):
        if folder == root:
            names[:] = [n for n in names if not SKIPPED.match(n)]
        for name in sorted(files):
            if name.endswith('.md'):
                yield os.path.relpath(os.path.join(folder, name), root)


def anchors(text):
    """The anchors that a heading has on the usual sites."""
    headings = re.findall(r'^#+ (.*)$', FENCE.sub('', text), re.MULTILINE)
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-') for heading in headings}


def broken_links(root, path, text):
    problems = []
    for link in LINK.findall(FENCE.sub('', text)):
        if re.match(r'\w+:', link):
            continue
        target, _, anchor = link.partition('#')
        target = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(os.path.join(root, target)):
            problems.append(f'{path}: {link}: no {target}')
        elif anchor and anchor not in anchors(read(root, target)):
            problems.append(f'{path}: {link}: no such heading')
    return problems


def missing_files(root, path, text):
    """A header may be named by its path below include/; a file's ending may be left out."""
    return [f'{path}: no {name}' for name in NAMED.findall(FENCE.sub('', text))
            if not any(os.path.exists(p) or glob.glob(p + '.*')
                       for p in (os.path.join(root, name), os.path.join(root, 'include', name)))]


def main():
    root = sys.argv[1]
    links, files = [], []
    for path in documents(root):
        text = read(root, path)
        links += broken_links(root, path, text)
        files += missing_files(root, path, text)
    marked = {path for path in sources(root) if 'DIFF-LINUX:' in read(root, path)}
    listed = {name for name in NAMED.findall(read(root, DIFFERENCES)) if name.endswith(('.c', '.h'))}
    tap = Tap()
    tap.check('relative links resolve', links)
    tap.check('files named in documents exist', files)
    tap.check(f'every DIFF-LINUX is in {DIFFERENCES}', sorted(marked - listed))
    tap.check(f'every source named in {DIFFERENCES} has a DIFF-LINUX', sorted(listed - marked))
    tap.done()


main()
