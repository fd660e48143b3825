#!/usr/bin/python3
"""vfsrun's options, its status, its end; and guests that are many, race, and die (guest.c), inside and on the host.

usage: lifecycle.py VFSRUN GUEST
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lint'))
from tap import Tap

VFSRUN, GUEST = (os.path.abspath(path) for path in sys.argv[1:3])
LIMIT = 100


def programs(*names):
    """Options that import programs and their libraries."""
    paths = []
    for name in names:
        path = shutil.which(name, path='/usr/bin:/bin')
        out = subprocess.run(['ldd', path], capture_output=True, text=True, check=False).stdout
        paths += [path] + re.findall(r'(/\S+)', out)
    return [f'--import={path}' for path in paths]


TOOLS = programs('bash', 'sleep', 'id', 'env', 'cat')


def run(*args, **how):
    env = {'PATH': '/usr/bin:/bin', **how.pop('env', {})}
    return subprocess.run([VFSRUN, *args], capture_output=True, text=True, timeout=LIMIT, env=env, check=False, **how)


def expect(done, status, out=None, err=None):
    problems = []
    if done.returncode != status:
        problems.append(f'status {done.returncode}, expected {status}')
    if out is not None and done.stdout != out:
        problems.append(f'printed {done.stdout!r}, expected {out!r}')
    if err is not None and not re.search(err, done.stderr):
        problems.append(f'standard error {done.stderr!r}, expected {err!r}')
    return problems + (done.stderr.split('\n')[:20] if problems else [])


def one_line(done):
    lines = done.stderr.split('\n')
    return [] if len(lines) == 2 and not lines[1] else [f'not one line: {done.stderr!r}']


def options(tap):
    for args, named in [
            (['--nosuch', '/bin/true'], '--nosuch'),
            (['--mount', 'target=/x', 'true'], 'target=/x'),
            (['--mount', 'type=tmpfs', 'true'], 'type=tmpfs'),
            (['--mount', 'type=tmpfs,target=x', 'true'], 'target=x'),
            (['--mount', 'type=nosuchfs,target=/x', 'true'], 'nosuchfs'),
            (['--mount', 'type=tmpfs,target=/x,bad=1', 'true'], 'bad=1'),
            (['--mount', 'type=bind,target=/x', 'true'], 'type=bind'),
            (['--mount', 'type=bind,target=/x,source=/nowhere', 'true'], '/nowhere'),
            (['--root', 'tmpfs', 'true'], 'tmpfs'),
            (['--root', 'nosuchfs:x', 'true'], 'nosuchfs:x'),
            (['--workdir', 'x', 'true'], "'x'"),
            (['--workdir', '/nowhere', 'true'], '/nowhere'),
            (['--user', 'no such user', 'true'], 'no such user'),
            (['--env', '=x', 'true'], '=x'),
            (['--import', '/no/such/file', 'true'], '/no'),
            (['--workdir'], '--workdir'),
            ([], 'no program')]:
        done = run(*args)
        tap.check(f'options: {" ".join(args)}: one line that names it, status 2',
                  expect(done, 2, '', re.escape(named)) + one_line(done))
    tap.check('options: --help', expect(run('--help'), 0, None) or ([] if 'usage' in run('--help').stdout else ['?']))


def statuses(tap):
    done = run('/no/such/program')
    tap.check('status: a program that does not exist is 127', expect(done, 127, '', 'No such file') + one_line(done))
    done = run('--import=/etc/passwd', '/etc/passwd')
    tap.check('status: one that cannot be executed is 126', expect(done, 126, '', 'Permission denied') + one_line(done))
    tap.check('status: the program\'s', expect(run(*TOOLS, 'bash', '-c', 'exit 42'), 42, ''))
    tap.check('status: 128 + N for a signal', expect(run(*TOOLS, 'bash', '-c', 'kill -9 $$'), 137, ''))
    tap.check('input and output', expect(run(*TOOLS, 'cat', input='text'), 0, 'text'))
    tap.check('--workdir, --env', expect(
        run(*TOOLS, '--workdir=/tmp', '--env=A=b', '--env=C', 'bash', '-c', 'echo $PWD $A ${C-none}', env={'C': 'd'}),
        0, '/tmp b none\n'))
    tap.check('--user', expect(run(*TOOLS, '--user=1000:100', 'bash', '-c', 'id -u; id -g; : > /f'), 1, '1000\n100\n'))
    tap.check('--mount', expect(
        run(*TOOLS, '--mount=type=tmpfs,target=/a/b,mode=700', '--mount=type=bind,target=/c,source=/a,readonly',
            'bash', '-c', ': > /a/b/f; : > /c/f; echo /a/* /c/*'), 0, '/a/b /c/b\n', 'Read-only'))
    done = run(*TOOLS, '--stats', 'bash', '-c', 'cat /dev/null')
    tap.check('--stats', expect(done, 0, '', r'(?s)call +calls.*openat +\d+'))
    tap.check('/proc', expect(
        run(*TOOLS, 'bash', '-c', 'cat /proc/self/comm; cat /proc/self/mounts | { read -r a b c d; echo $b $c; }'), 0,
        'cat\n/ tmpfs\n'))


def processes(line):
    """Numbers of processes with that command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/cmdline', 'rb') as text:
                if text.read().replace(b'\0', b' ').strip() == line.encode():
                    found.append(pid)
        except OSError:
            pass
    return found


def ends(tap):
    begin = time.time()
    done = run(*TOOLS, 'bash', '-c', 'sleep 1000 & (sleep 1000 &) ; echo done')
    tap.check('guests that are left die with the program', expect(done, 0, 'done\n') +
              (['took too long'] if time.time() - begin > 30 else []))
    process = subprocess.Popen([VFSRUN, *TOOLS, 'bash', '-c', 'echo up; sleep 997'], stdout=subprocess.PIPE,
                               env={'PATH': '/usr/bin:/bin'})
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    status = process.wait(LIMIT)
    left = processes('sleep 997')
    tap.check('SIGTERM ends all guests', ([] if status == 143 else [f'status {status}']) +
              ([f'left: {left}'] if left else []))
    process = subprocess.Popen([VFSRUN, *TOOLS, 'bash', '-c', 'echo up; sleep 996'], stdout=subprocess.PIPE,
                               env={'PATH': '/usr/bin:/bin'})
    process.stdout.readline()
    process.kill()
    process.wait(LIMIT)
    time.sleep(0.5)
    left = processes('sleep 996')
    tap.check('killing vfsrun ends all guests', [f'left: {left}'] if left else [])


def ordinary_user(tap):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = os.path.join(folder, 'vfsrun')
        shutil.copy(VFSRUN, copy)
        done = subprocess.run([copy, *TOOLS, 'bash', '-c', 'id -u; : > /tmp/f && echo made; : > /f'], user=65534,
                              group=65534, extra_groups=[], cwd='/', capture_output=True, text=True, timeout=LIMIT,
                              check=False)
    if 'user namespace' in done.stderr:
        print('# an ordinary user may make no user namespaces here')
        return
    tap.check('an ordinary user', expect(done, 1, '65534\nmade\n', 'Permission denied'))


def guests(tap):
    for case in ['threads', 'exec-in-thread', 'spawns', 'races', 'deaths', 'interrupted', 'limits', 'edges']:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            host = subprocess.run([GUEST, case], cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
        done = run(f'--import={GUEST}', '--workdir=/tmp', GUEST, case)
        tap.check(f'guest: {case}', expect(host, 0, f'{case} went well\n') + expect(done, 0, f'{case} went well\n'))


def main():
    if os.geteuid() != 0:
        print('1..0 # SKIP needs root, for the host\'s side')
        return
    probe = run(f'--import={GUEST}', GUEST, 'nothing')
    if probe.returncode != 0 and re.search('seccomp|namespace|tmpfs|proc', probe.stderr):
        print(f'1..0 # SKIP not possible here: {probe.stderr.strip()}')
        return
    tap = Tap()
    options(tap)
    statuses(tap)
    ends(tap)
    ordinary_user(tap)
    guests(tap)
    tap.done()


main()
