#!/usr/bin/python3
"""Installs into a DESTDIR, then builds and runs a program outside of the tree against it, through pkg-config only.

The examples in documents are built and run the same way: the README's first fenced block of C; and all blocks of
docs/embedding.md, which are one program, so that each of them compiles.

usage: install.py PROGRAM.c README.md EMBEDDING.md BUILD PREFIX LIBDIR MANDIR VERSION FLAGS CC...
FLAGS are the build's own sanitizer or coverage flags, or "".
The last case links everything statically, libc too; a sanitizer cannot, so it is left out there.
"""

import os
import re
import subprocess
import sys
import tempfile

from layers import sources
from linked import declared_in
from tap import Tap

README_LINES = 60
WARNINGS = ['-pthread', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror']


def blocks_of(document):
    """The fenced blocks of C in a document, each with a line that makes the compiler speak of the document's lines."""
    with open(document, encoding='utf-8') as text:
        text = text.read()
    for match in re.finditer(r'^```c\n(.*?)^```', text, re.MULTILINE | re.DOTALL):
        line = text.count('\n', 0, match.start(1)) + 1
        yield f'#line {line} "{document}"\n', match.group(1)


def write(path, blocks):
    with open(path, 'w', encoding='utf-8') as source:
        source.writelines(line + text for line, text in blocks)


def run(command, env=None):
    """(output, problems) of a command."""
    result = subprocess.run(command, text=True, capture_output=True, check=False, env=env)
    problems = [f'{" ".join(command)}: exit status {result.returncode}'] + (
        result.stdout + result.stderr).splitlines()[-20:]
    return result.stdout, problems if result.returncode else []


class Installed:
    """An installation in a DESTDIR, as pkg-config sees it."""

    def __init__(self, build, prefix, libdir, mandir, flags, cc, destdir):
        self.cc = cc + flags.split()
        self.prefix = destdir + prefix
        self.libdir = os.path.join(self.prefix, libdir)
        self.man3 = os.path.join(self.prefix, mandir, 'man3')
        self.destdir = destdir
        self.problems = run(['meson', 'install', '-C', build, '--destdir', destdir, '--no-rebuild',
                             '--skip-subprojects'])[1]

    def pkg_config(self, *args):
        path = os.path.join(self.libdir, 'pkgconfig')
        env = dict(os.environ, PKG_CONFIG_PATH=path)
        output, problems = run(['pkg-config', f'--define-variable=prefix={self.prefix}', *args, 'vfs2'], env)
        return output.split(), problems

    def build_and_run(self, source, version, link, pkg_config_args, inspect):
        """Compiles a source with pkg-config's flags, runs it, and hands the libraries it needs to inspect.

        The output must be the version, unless that is None.
        """
        program = os.path.join(self.destdir, 'program')
        flags, problems = self.pkg_config('--cflags', '--libs', *pkg_config_args)
        if not problems:
            _, problems = run(self.cc + WARNINGS + [source, '-o', program] + link + flags)
        if not problems:
            output, problems = run([program], dict(os.environ, LD_LIBRARY_PATH=self.libdir))
            if not problems and version and output.strip() != version:
                problems = [f'the program printed {output!r}, not {version}']
        if not problems:
            needed = run(['objdump', '-p', program])[0]
            problems = inspect([line.split()[-1] for line in needed.splitlines() if 'NEEDED' in line])
        return problems


def main():
    program, readme, embedding, build, prefix, libdir, mandir, version, flags, *cc = sys.argv[1:]
    tap = Tap()
    with tempfile.TemporaryDirectory() as destdir:
        installed = Installed(build, prefix, libdir, mandir, flags, cc, destdir)
        tap.check('meson install into a DESTDIR', installed.problems)
        output, problems = installed.pkg_config('--modversion')
        tap.check('pkg-config knows the version', problems or ([] if output == [version] else output))

        functions = {name for path in sources(installed.prefix) for name in declared_in(installed.prefix, path)}
        tap.check('every public function has a manual page', sorted(
            name for name in functions if not os.path.isfile(os.path.join(installed.man3, name + '.3'))))

        tap.check('a program with the shared library', installed.build_and_run(
            program, version, [], [], lambda needed: [] if 'libvfs2.so.0' in needed else needed))

        first = next(blocks_of(readme), ('', ''))
        lines = first[1].count('\n')
        tap.check(f'the README has an example of at most {README_LINES} lines',
                  [] if 0 < lines <= README_LINES else [f'{lines} lines'])
        example = os.path.join(destdir, 'example.c')
        for name, blocks in ('the first example of the README', [first]), (
                'the examples of docs/embedding.md', blocks_of(embedding)):
            write(example, blocks)
            tap.check(name, installed.build_and_run(example, None, [], [], lambda needed: []))

        for name in os.listdir(installed.libdir):
            if name.startswith('libvfs2.so'):
                os.unlink(os.path.join(installed.libdir, name))
        tap.check('a program with the static library', installed.build_and_run(
            program, version, [], ['--static'], lambda needed: [n for n in needed if 'vfs2' in n]))
        if '-fsanitize' not in flags:
            tap.check('a program without any shared library', installed.build_and_run(
                program, version, ['-static'], ['--static'], lambda needed: needed))
    tap.done()


main()
