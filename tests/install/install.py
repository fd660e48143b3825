#!/usr/bin/python3
"""Installs into a DESTDIR, then builds and runs a program outside of the tree against it, through pkg-config only.

usage: install.py PROGRAM.c BUILD PREFIX LIBDIR VERSION FLAGS CC...
FLAGS are the build's own sanitizer or coverage flags, or "".
The last case links everything statically, libc too; a sanitizer cannot, so it is left out there.
"""

import os
import subprocess
import sys
import tempfile

from tap import Tap


def run(command, env=None):
    """(output, problems) of a command."""
    result = subprocess.run(command, text=True, capture_output=True, check=False, env=env)
    problems = [f'{" ".join(command)}: exit status {result.returncode}'] + (
        result.stdout + result.stderr).splitlines()[-20:]
    return result.stdout, problems if result.returncode else []


class Installed:
    """An installation in a DESTDIR, as pkg-config sees it."""

    def __init__(self, program, build, prefix, libdir, flags, cc, destdir):
        self.program = program
        self.cc = cc + flags.split()
        self.prefix = destdir + prefix
        self.libdir = os.path.join(self.prefix, libdir)
        self.destdir = destdir
        self.problems = run(['meson', 'install', '-C', build, '--destdir', destdir, '--no-rebuild',
                             '--skip-subprojects'])[1]

    def pkg_config(self, *args):
        path = os.path.join(self.libdir, 'pkgconfig')
        env = dict(os.environ, PKG_CONFIG_PATH=path)
        output, problems = run(['pkg-config', f'--define-variable=prefix={self.prefix}', *args, 'vfs2'], env)
        return output.split(), problems

    def build_and_run(self, version, link, pkg_config_args, inspect):
        """Compiles the program with pkg-config's flags, runs it, and hands it to inspect."""
        program = os.path.join(self.destdir, 'program')
        flags, problems = self.pkg_config('--cflags', '--libs', *pkg_config_args)
        if not problems:
            _, problems = run(self.cc + ['-Wall', '-Wextra', '-Werror', self.program, '-o', program] + link + flags)
        if not problems:
            output, problems = run([program], dict(os.environ, LD_LIBRARY_PATH=self.libdir))
            if not problems and output.strip() != version:
                problems = [f'the program printed {output!r}, not {version}']
        if not problems:
            needed = run(['objdump', '-p', program])[0]
            problems = inspect([line.split()[-1] for line in needed.splitlines() if 'NEEDED' in line])
        return problems


def main():
    program, build, prefix, libdir, version, flags, *cc = sys.argv[1:]
    tap = Tap()
    with tempfile.TemporaryDirectory() as destdir:
        installed = Installed(program, build, prefix, libdir, flags, cc, destdir)
        tap.check('meson install into a DESTDIR', installed.problems)
        output, problems = installed.pkg_config('--modversion')
        tap.check('pkg-config knows the version', problems or ([] if output == [version] else output))

        tap.check('a program with the shared library', installed.build_and_run(
            version, [], [], lambda needed: [] if 'libvfs2.so.0' in needed else needed))

        for name in os.listdir(installed.libdir):
            if name.startswith('libvfs2.so'):
                os.unlink(os.path.join(installed.libdir, name))
        tap.check('a program with the static library', installed.build_and_run(
            version, [], ['--static'], lambda needed: [n for n in needed if 'vfs2' in n]))
        if '-fsanitize' not in flags:
            tap.check('a program without any shared library', installed.build_and_run(
                version, ['-static'], ['--static'], lambda needed: needed))
    tap.done()


main()
