## tempfile and shutil
python3 - <<'END'
import os, shutil, tempfile
with tempfile.TemporaryDirectory(dir='.') as d:
    with tempfile.NamedTemporaryFile(dir=d) as f:
        f.write(b'x' * 100000)
        f.flush()
        print(os.stat(f.name).st_size)
    with tempfile.TemporaryFile(dir=d) as f:
        f.write(b'unnamed')
        f.seek(0)
        print(f.read(), os.fstat(f.fileno()).st_nlink, os.listdir(d))
    os.makedirs(d + '/a/b/c')
    open(d + '/a/b/f', 'w').write('text')
    shutil.copytree(d + '/a', d + '/z')
    print(sorted((r[len(d):], sorted(ds), fs) for r, ds, fs in os.walk(d)))
    shutil.move(d + '/z', d + '/y')
    shutil.make_archive('archive', 'tar', d)
print(os.listdir('.'))
os.remove('archive.tar')
END
## mmap, private and shared
python3 - <<'END'
import mmap, os
with open('f', 'wb') as f:
    f.write(b'0123456789' * 1000)
f = open('f', 'r+b')
shared = mmap.mmap(f.fileno(), 0)
private = mmap.mmap(f.fileno(), 0, flags=mmap.MAP_PRIVATE)
again = mmap.mmap(os.open('f', os.O_RDWR), 0)
shared[0:3] = b'ABC'
private[5:8] = b'xyz'
print(shared[0:10], private[5:8], again[0:10], os.pread(f.fileno(), 10, 0))
os.pwrite(f.fileno(), b'written', 4)
print(shared[0:12], again[0:12])
if os.fork() == 0:
    shared[100:105] = b'child'
    os._exit(0)
os.wait()
print(shared[100:105], os.pread(f.fileno(), 5, 100), open('f', 'rb').read()[100:105])
os.truncate(f.fileno(), 20000)
print(os.fstat(f.fileno()).st_size)
shared.close()
private.close()
again.close()
f.close()
print(open('f', 'rb').read()[:12])
END
md5sum f
## mmap that outlives its descriptor and its process
python3 - <<'END'
import mmap, os
fd = os.open('f', os.O_RDWR | os.O_CREAT)
os.truncate(fd, 8192)
m = mmap.mmap(fd, 8192)
os.close(fd)
m[4096:4100] = b'late'
END
od -An -c -j 4096 -N 4 f
## mmap errors
python3 - <<'END'
import errno, mmap, os
def attempt(path, flags, **how):
    fd = os.open(path, flags)
    try:
        mmap.mmap(fd, 4096, **how)
        print('mapped')
    except OSError as e:
        print(errno.errorcode[e.errno])
    except ValueError as e:
        print(e)
open('f', 'wb').write(b'x' * 4096)
attempt('f', os.O_RDONLY)
attempt('f', os.O_RDONLY, prot=mmap.PROT_READ)
attempt('f', os.O_WRONLY, prot=mmap.PROT_READ)
attempt('.', os.O_RDONLY, prot=mmap.PROT_READ)
END
## subprocess
python3 - <<'END'
import os, subprocess
print(subprocess.run(['cat'], input=b'data', capture_output=True).stdout)
print(subprocess.run(['sh', '-c', 'echo $X; pwd; exit 4'], cwd='/', env={'X': 'y', 'PATH': os.environ['PATH']},
                     capture_output=True))
try:
    subprocess.run(['/no/such/program'])
except FileNotFoundError as e:
    print(e)
f = open('f', 'wb')
subprocess.run(['echo', 'to a file'], stdout=f)
print(open('f').read())
print(sum(subprocess.Popen(['sh', '-c', f'exit {i}']).wait() for i in range(10)))
END
## threads share descriptors and directory
mkdir d; python3 - <<'END'
import os, threading
def change():
    os.chdir('d')
    open('inside', 'w').close()
t = threading.Thread(target=change)
t.start()
t.join()
print(os.path.basename(os.getcwd()), os.listdir('.'))
fds = []
def opener(n):
    for i in range(50):
        fds.append(os.open(f'f{n}-{i}', os.O_CREAT | os.O_WRONLY))
ts = [threading.Thread(target=opener, args=(n,)) for n in range(8)]
for t in ts: t.start()
for t in ts: t.join()
print(len(set(fds)), len(os.listdir('.')))
for fd in fds:
    os.write(fd, b'x')
    os.close(fd)
print(sum(os.stat(n).st_size for n in os.listdir('.')))
END
## many processes at once
python3 - <<'END'
import os
for n in range(150):
    if os.fork() == 0:
        os.mkdir(f'd{n}')
        os.chdir(f'd{n}')
        open('f', 'w').write(str(n))
        os._exit(n % 7)
print(sum(os.waitstatus_to_exitcode(os.wait()[1]) for n in range(150)))
print(sum(int(open(f'd{n}/f').read()) for n in range(150)))
END
## descriptors passed over a socket
python3 - <<'END'
import os, socket
a, b = socket.socketpair()
if os.fork() == 0:
    fd = os.open('f', os.O_CREAT | os.O_RDWR)
    os.write(fd, b'passed')
    socket.send_fds(a, [b'x'], [fd])
    os._exit(0)
msg, fds, _, _ = socket.recv_fds(b, 10, 1)
os.wait()
print(msg, os.pread(fds[0], 10, 0), os.lseek(fds[0], 0, 1))
END
## poll and select see files as ready
python3 - <<'END'
import os, select
fd = os.open('f', os.O_CREAT | os.O_RDWR)
r, w = os.pipe()
p = select.poll()
p.register(fd, select.POLLIN | select.POLLOUT)
p.register(r, select.POLLIN)
print([(f == fd, e) for f, e in p.poll(0)], [len(x) for x in select.select([fd, r], [fd, w], [], 0)])
try:
    select.epoll().register(fd, select.EPOLLIN)
except OSError as e:
    print(e.strerror)
END
## directory listings, with changes in between
python3 - <<'END'
import os
os.mkdir('d')
for i in range(500):
    open(f'd/file-{i:04}', 'w').close()
seen = []
with os.scandir('d') as it:
    for e in it:
        seen.append(e.name)
        if len(seen) == 100:
            for i in range(400, 500):
                os.unlink(f'd/file-{i:04}')
print(len(seen) >= 400, len(set(seen)) == len(seen), len(os.listdir('d')))
fd = os.open('d', os.O_RDONLY)
print(len(os.listdir(fd)), os.path.samestat(os.fstat(fd), os.stat('d')))
os.rename('file-0001', 'moved', src_dir_fd=fd, dst_dir_fd=fd)
print(os.path.exists('d/moved'), os.stat('moved', dir_fd=fd).st_size)
END
rm -r d
## ids and capabilities
python3 - <<'END'
import os
print(os.getuid(), os.geteuid(), os.getresuid(), os.getgroups())
os.setgroups([5, 6])
os.setresgid(100, 101, 102)
os.setresuid(1000, 1001, 0)
print(os.getresuid(), os.getresgid(), os.getgroups())
try:
    os.setuid(3)
    print(os.getresuid())
except PermissionError:
    print('EPERM')
os.seteuid(0)
print(os.getresuid())
open('f', 'w').close()
print(os.stat('f').st_uid, os.stat('f').st_gid)
os.setuid(1000)
print(os.getresuid())
try:
    os.seteuid(0)
except PermissionError:
    print('EPERM')
END
## RLIMIT_FSIZE
python3 - <<'END'
import errno, os, resource, signal
signal.signal(signal.SIGXFSZ, lambda *a: print('SIGXFSZ'))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, -1))
fd = os.open('f', os.O_CREAT | os.O_WRONLY)
print(os.write(fd, b'x' * 8000))
try:
    os.write(fd, b'x')
except OSError as e:
    print(errno.errorcode[e.errno])
END
