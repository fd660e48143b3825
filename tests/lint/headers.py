#!/usr/bin/python3
"""Compiles every public header alone, as C11 and as C++17, with warnings as errors.

usage: headers.py ROOT CXX CC...
"""

import os
import subprocess
import sys

from tap import Tap

WARNINGS = ['-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only']


def compile_alone(command, language, include, header):
    result = subprocess.run(
        command + WARNINGS + ['-x', language[0], f'-std={language[1]}', '-I', include, '-'],
        input=f'#include <{header}>\nextern int no_empty_unit;\n', text=True, capture_output=True, check=False)
    return result.stderr.splitlines() if result.returncode else []


def main():
    root, cxx, *cc = sys.argv[1:]
    include = os.path.join(root, 'include')
    headers = sorted(
        os.path.relpath(os.path.join(folder, name), include)
        for folder, _, names in os.walk(include) for name in names if name.endswith('.h'))
    tap = Tap()
    for header in headers:
        tap.check(f'<{header}> alone as C11', compile_alone(cc, ('c', 'c11'), include, header))
        tap.check(f'<{header}> alone as C++17', compile_alone([cxx], ('c++', 'c++17'), include, header))
    tap.done()


main()
