#!/usr/bin/python3
"""Writes the manual pages from the comments of the public headers, when the library is installed.

usage: man.py INCLUDE VERSION MANDIR
A header gives one page, vfs_HEADER(3): its opening comment, then each comment that stands before declarations of
functions, with them. Each function is a page of its own that sources that one. MANDIR is below the prefix, which meson
hands over in the environment.
"""

import os
import re
import sys

HEADERS = ['instance', 'ops', 'file', 'fdtable', 'mount', 'mntns', 'fscontext', 'fsapi', 'host', 'fs/lock', 'version']
COMMENT = r'/\*(?P<comment>(?:[^*]|\*(?!/))*)\*/\n'
TYPES = r'(?:struct \w+;\n|#define [^\n]*\n|struct \w+ \{\n(?:[^}\n][^\n]*\n|\n)*\};\n)*'
DECLARATIONS = rf'(?P<declarations>{TYPES}(?:VFS_API[^;]*;(?:[ \t]*/\*[^\n]*\*/)?\n)+)'
NAME = re.compile(r'\b(vfs_\w+)\(')


def lines_of(comment):
    return [re.sub(r'^\s*\*? ?', '', line).rstrip() for line in comment.strip().split('\n')]


def escaped(text):
    return re.sub(r"^([.'])", r'\\&\1', text.replace('\\', '\\e').replace('-', '\\-'), flags=re.MULTILINE)


def paragraphs(comment):
    """A comment as text to be filled; errors begin a paragraph."""
    text = '\n'.join(lines_of(comment))
    text = re.sub(r'\s+(Errors[^.\n]{0,20}:)', r'\n\n\1', text)
    return '.PP\n' + '\n.PP\n'.join(escaped(p) for p in re.split(r'\n{2,}', text.strip()))


def declaration_lines(declarations):
    functions = re.sub(r'[ \t]*/\*.*?\*/', '', declarations[declarations.index('VFS_API '):].replace('VFS_API ', ''))
    return declarations[:declarations.index('VFS_API ')] + functions.rstrip().replace('\n        ', '\n')


def page(header, text, version):
    """(the page, the names of its functions)"""
    short = os.path.basename(header)
    opening = re.match(r'/\*((?:[^*]|\*(?!/))*)\*/', text).group(1)
    rest = re.sub(r'^[\w/]+\.h - ', '', '\n'.join(lines_of(opening)))
    title = re.split(r'[.:]|\n\n', rest)[0].replace('\n', ' ')
    groups = [(m.group('comment'), declaration_lines(m.group('declarations')))
              for m in re.finditer(COMMENT + DECLARATIONS, text)]
    names = [name for _, declarations in groups for name in NAME.findall(declarations)]
    include = 'fsapi.h' if header.startswith('fs') else 'vfs.h'
    out = [f'.TH vfs_{short} 3 "" "vfs2 {version}" "vfs2"', '.SH NAME',
           ', '.join(names) + ' \\- ' + escaped(title), '.SH SYNOPSIS', '.nf',
           f'#include <vfs/{include}>', '.fi', '.SH DESCRIPTION', paragraphs(rest[0].upper() + rest[1:])]
    for comment, declarations in groups:
        out += ['.SS ' + ', '.join(NAME.findall(declarations)),
                '.nf', escaped(declarations), '.fi', paragraphs(comment)]
    others = [f'.BR vfs_{os.path.basename(other)} (3)' for other in HEADERS if other != header]
    out += ['.SH SEE ALSO', ',\n'.join(others)]
    return '\n'.join(out) + '\n', names


def main():
    include, version, mandir = sys.argv[1:]
    folder = os.path.join(os.environ['MESON_INSTALL_DESTDIR_PREFIX'], mandir, 'man3')
    os.makedirs(folder, exist_ok=True)
    for header in HEADERS:
        with open(os.path.join(include, 'vfs', header + '.h'), encoding='utf-8') as text:
            content, names = page(header, text.read(), version)
        own = 'vfs_' + os.path.basename(header)
        pages = {name: f'.so man3/{own}.3\n' for name in names}
        pages[own] = content
        for name, written in pages.items():
            with open(os.path.join(folder, name + '.3'), 'w', encoding='utf-8') as out:
                out.write(written)


main()
