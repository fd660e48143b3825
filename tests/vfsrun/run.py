#!/usr/bin/python3
"""Programs behave the same on the host and inside vfsrun.

Each case is a script for bash, in cases/*.sh, below a line "## NAME". It runs twice: in an empty tmpfs of the
host's, and in vfsrun in an empty tmpfs at the same path, where the programs that it needs were imported. What
it prints, how it ends, and the tree that is left must agree.

usage: run.py VFSRUN FILE [NAME]
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lint'))
from tap import Tap

PROGRAMS = '''bash sh cat chmod chown cp cut date dd du env expr find findmnt flock grep gzip head id install ln ls mkdir
mkfifo mknod mktemp mount mountpoint mv od paste perl python3 readlink realpath rm rmdir sed seq setpriv sleep sort split
stat sync tail tar tee test timeout touch tr true false truncate umount uname uniq unshare wc xargs cmp diff md5sum
chroot setsid nohup awk pivot_root getfattr setfattr basename pwd yes echo chgrp printf nsenter ldd dirname'''.split()

# Prints the tree: type, mode, owner, links, size of files, target, and the contents' sum.
DUMP = r'''
echo "-- tree"
find . -printf '%p %y %m %U %G %l ' \( -type f -printf '%n %s' -o -true \) -printf '\n' | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r md5sum
'''
LIMIT = 60


def cases(path):
    with open(path, encoding='utf-8') as text:
        parts = re.split(r'^## (.*)$', text.read(), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def libraries(program):
    """What ld.so would load."""
    out = subprocess.run(['ldd', program], capture_output=True, text=True, check=False).stdout
    return re.findall(r'(/\S+)', out)


def imports():
    """Options that import the programs there are, with what they need."""
    paths = set()
    for name in PROGRAMS:
        path = shutil.which(name, path='/usr/bin:/bin:/usr/sbin:/sbin')
        if path:
            paths.update([path] + libraries(os.path.realpath(path)))
            if os.path.exists(f'/bin/{name}'):
                paths.add(f'/bin/{name}')
    for extra in ('/usr/bin/awk', '/etc/passwd', '/etc/group', '/etc/alternatives/awk'):
        if os.path.lexists(extra):
            paths.add(extra)
            paths.update(libraries(os.path.realpath(extra)))
    return [f'--import={path}' for path in sorted(paths)]


def python_imports():
    """The modules of the standard library that cases use, without the rest of it."""
    version = f'python{sys.version_info.major}.{sys.version_info.minor}'
    code = ('import sys, os, tempfile, tarfile, resource, shutil, mmap, subprocess, threading, json, fcntl, stat, errno, ctypes, signal, '
            'encodings.ascii, encodings.idna, zipfile, select, socket, random, concurrent.futures.thread; '
            'print("\\n".join(sorted({m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)})))')
    env = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}
    out = subprocess.run(['/usr/bin/python3', '-c', code], capture_output=True, text=True, env=env, check=False)
    paths = set(out.stdout.split())
    for path in list(paths):
        if path.endswith('.so'):
            paths.update(libraries(path))
    return [f'--import={path}' for path in sorted(paths) if os.path.exists(path)] + (
        [f'--import=/usr/lib/{version}/os.py'] if os.path.exists(f'/usr/lib/{version}/os.py') else [])


def run(command, cwd, stdin=''):
    env = {'PATH': '/usr/bin:/bin:/usr/sbin:/sbin', 'HOME': '/', 'LC_ALL': 'C', 'TZ': 'UTC',
           'PYTHONDONTWRITEBYTECODE': '1'}
    try:
        done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, text=True,
                              errors='backslashreplace', timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return ['timeout'], ''
    return [f'status {done.returncode}'] + done.stdout.split('\n'), done.stderr


def compare(vfsrun, options, folder, text):
    """Runs a script on both sides; the lines that differ."""
    script = 'umask 022\n' + text + DUMP
    host_script = ('mount -t tmpfs -o mode=755 none "$1" && cd "$1" && exec bash -c "$2" case')
    host, host_err = run(['unshare', '-m', '--propagation', 'private', 'bash', '-c', host_script, 'host', folder,
                          script], '/')
    guest, guest_err = run([vfsrun, *options, f'--mount=type=tmpfs,target={folder},mode=755', f'--workdir={folder}',
                            '--', 'bash', '-c', script, 'case'], '/')
    if host == guest and host[0] != 'timeout':
        return []
    problems = [f'host:   {h}' for h in host if h not in guest][:12]
    problems += [f'vfsrun: {g}' for g in guest if g not in host][:12]
    problems += [f'host stderr:   {line}' for line in host_err.split('\n')[:10] if line]
    problems += [f'vfsrun stderr: {line}' for line in guest_err.split('\n')[:10] if line]
    if not problems:
        at = next(i for i, pair in enumerate(zip(host + [''], guest + [''])) if pair[0] != pair[1])
        problems = [f'host, line {at}:   {host[at:at + 2]}', f'vfsrun, line {at}: {guest[at:at + 2]}']
    return problems


def main():
    vfsrun, path = (os.path.abspath(path) for path in sys.argv[1:3])
    only = sys.argv[3] if len(sys.argv) > 3 else None
    if os.geteuid() != 0:
        print('1..0 # SKIP needs root, for the host\'s side')
        return
    probe = subprocess.run([vfsrun, '--import=/bin/true', *[f'--import={p}' for p in libraries('/bin/true')],
                            '--', '/bin/true'], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        if 'seccomp' in probe.stderr or 'namespace' in probe.stderr or 'tmpfs' in probe.stderr:
            print(f'1..0 # SKIP not possible here: {probe.stderr.strip()}')
            return
        print('Bail out! vfsrun cannot run /bin/true: ' + probe.stderr.strip())
        sys.exit(1)
    options = imports()
    tap = Tap()
    folder = tempfile.mkdtemp(prefix='vfsrun-', dir='/tmp')
    try:
        for name, text in cases(path):
            if only and only not in name:
                continue
            extra = python_imports() if 'python3' in text else []
            tap.check(name, compare(vfsrun, options + extra, folder, text))
    finally:
        os.rmdir(folder)
    tap.done()


main()
