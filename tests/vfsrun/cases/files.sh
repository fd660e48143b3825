## cp -a, mv, rm -r
mkdir -p s/d; echo a > s/a; ln -s a s/l; ln s/a s/h; chmod 640 s/a; touch -d '2001-02-03 04:05:06.789' s/d/t; mkfifo s/p
chown 5:6 s/d; cp -a s c; mv c m; rm -r s; ls -lR --time-style=+%s.%N m/d; stat -c '%h %i' m/a m/h | sort -u | wc -l
## ln, links and their counts
echo x > f; ln f g; ln -s f s; ln -s nowhere d; stat -c '%h %F' f s d; cat s; cat d; ln f g; ln -sf g s; readlink s d; rm f; cat g
## du, truncate, sparse files
truncate -s 1M sparse; dd if=/dev/zero of=full bs=4k count=4 status=none; du -k --apparent-size sparse full; stat -c '%s %b' sparse full
printf end | dd of=sparse bs=1 seek=2000000 conv=notrunc status=none; stat -c '%s %b' sparse; cp --sparse=always sparse sp2; cmp sparse sp2 && echo same
## sort with temporary files
seq 20000 | sort -R --random-source=<(yes) 2>/dev/null | head -n 1 > /dev/null; seq 50000 -1 1 > n; sort -n -S 64k -T . n | md5sum
## tee, split, paste, cut
seq 10 | tee a b | tail -n 1; split -l 3 a part-; ls part-*; paste a b | head -n 2; cut -c1 a | uniq -c | tr -s ' '
## tar and gzip there and back
mkdir -p d/e; seq 3000 > d/n; ln -s n d/l; ln d/n d/h; chmod 4711 d/n; touch -d @1000000 d/e d/n; chown -R 3:4 d
tar -cf - d | gzip -n > d.tgz; mkdir out; tar -C out -xzf d.tgz; diff -r d out/d && echo same; stat -c '%a %u %g %Y' out/d/n out/d/e; rm d.tgz
## find with tests
mkdir -p a/b; touch a/f; ln -s f a/l; mkfifo a/p; chmod 000 a/b; find . -type d; find a -perm 000; find . -type l -printf '%l\n'; find . -newer a/f -name nothing; find -L a -type f | sort
## touch and times
touch -d '1999-12-31 23:59:59' f; stat -c %Y f; touch -r f g; stat -c %Y g; touch -a -d @5 f; stat -c '%X %Y' f; touch -d '2100-01-01 00:00:00.5' f; stat -c %y f
## modes and owners
touch f; chmod u=rwxs,g=rx,o= f; stat -c %a f; chown 10:20 f; stat -c '%a %u %g' f; chmod 1777 .; stat -c %a .; chmod 755 .
mkdir -m 2775 s; chgrp 9 s; chmod g+s s; mkdir s/t; touch s/u; stat -c '%a %g' s/t s/u
## install and mktemp
echo x > src; install -m 711 -o 3 -g 4 -D src a/b/dst; stat -c '%a %u %g' a/b/dst; t=$(mktemp ./tmp.XXXXXX); stat -c '%a %s' "$t"; rm "$t"
## errors that programs report
cat nothing; cat .; mkdir a a; rmdir ..; mv a a/b; rm a; ln -s l l; cat l; cp x y; ls a/; : > a; cd nothing; echo > a/; touch "$(printf 'x%.0s' $(seq 300))"
touch f; cat f/x; mkdir f; rmdir f; ls f/; mkdir -p a/b; rmdir a; echo ended
## removed files that are open
exec 5> f; echo one >&5; rm f; echo two >&5; python3 -c 'import os; print(os.fstat(5).st_nlink, os.fstat(5).st_size)'; exec 5>&-; ls
## removed working directory
mkdir d; cd d; rmdir ../d; touch x; pwd -P 2>&1 | sed 's/.*pwd/pwd/'; ls; cd ..; ls
## rename over open files and directories
echo a > a; echo b > b; exec 5< b; mv a b; cat <&5; cat b; mkdir d e; mv -T d e; ls; mkdir e/x; mkdir d; mv -T d e; echo $?
## flock between processes
python3 - <<'END'
import fcntl, os
f = open('lock', 'w')
fcntl.flock(f, fcntl.LOCK_EX)
if os.fork() == 0:
    g = open('lock', 'r+')
    try:
        fcntl.flock(g, fcntl.LOCK_SH | fcntl.LOCK_NB)
        print('got it')
    except BlockingIOError:
        print('held')
    try:
        fcntl.lockf(g, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print('record lock')
    except BlockingIOError:
        print('record held')
    os._exit(0)
os.wait()
END
flock lock echo locked
## copies through copy_file_range and sendfile
python3 - <<'END'
import os, shutil
open('a', 'wb').write(os.urandom(300000))
shutil.copyfile('a', 'b')
print(open('a', 'rb').read() == open('b', 'rb').read())
i, o = os.open('a', os.O_RDONLY), os.open('c', os.O_WRONLY | os.O_CREAT)
print(os.copy_file_range(i, o, 1000, 10, 0), os.fstat(o).st_size)
END
rm a b c
## extended attributes
touch f; python3 - <<'END'
import os, errno
os.setxattr('f', 'user.a', b'value')
os.setxattr('f', 'trusted.t', b'')
print(os.getxattr('f', 'user.a'), sorted(os.listxattr('f')))
for name, flags in (('user.a', os.XATTR_CREATE), ('user.b', os.XATTR_REPLACE), ('bad', 0), ('user.' + 'x' * 300, 0)):
    try:
        os.setxattr('f', name, b'x', flags)
        print('set')
    except OSError as e:
        print(errno.errorcode[e.errno])
fd = os.open('f', os.O_RDWR)
os.removexattr(fd, 'user.a')
print(os.listxattr(fd))
END
## statfs
stat -f -c '%T %S' .; python3 -c 'import os; s = os.statvfs("."); print(s.f_bsize, s.f_namemax, s.f_flag & 1)'
## bad pointers
python3 - <<'END'
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
bad = ctypes.c_void_p(8)
fd = os.open('f', os.O_CREAT | os.O_RDWR)
os.write(fd, b'some data')
def show(name, *args):
    libc[name].restype = ctypes.c_long
    r = libc[name](*args)
    print(name, r, errno.errorcode.get(ctypes.get_errno()) if r < 0 else '')
show('open', bad, 0)
show('openat', -100, bad, 0)
show('pread', fd, bad, ctypes.c_size_t(4), ctypes.c_long(0))
show('pwrite', fd, bad, ctypes.c_size_t(4), ctypes.c_long(0))
show('readv', fd, bad, 2)
show('readv', fd, None, 0)
show('writev', fd, bad, 2000)
show('mkdir', bad, 0)
show('rename', b'f', bad)
show('symlink', bad, b'x')
show('getcwd', bad, ctypes.c_size_t(4096))
show('readlink', b'f', bad, ctypes.c_size_t(0))
show('statfs', b'.', bad)
show('getxattr', b'f', bad, None, ctypes.c_size_t(0))
show('utimensat', -100, b'f', bad, 0)
show('pread', fd, bad, ctypes.c_size_t(2**63), ctypes.c_long(0))
show('pread', fd, b'x', ctypes.c_size_t(1), ctypes.c_long(-1))
show('lseek', fd, ctypes.c_long(0), 9)
show('open', b'x' * 5000, 0)
show('open', b'/' + b'a/' * 2040 + b'x', 0)
show('ftruncate', fd, ctypes.c_long(-1))
show('fallocate', fd, 0, ctypes.c_long(0), ctypes.c_long(0))
show('close', 77)
show('read', 77, b'x', ctypes.c_size_t(1))
show('unlinkat', -100, b'f', 0x100)
show('mount', b'none', b'.', b'nosuchfs', ctypes.c_ulong(0), None)
END
