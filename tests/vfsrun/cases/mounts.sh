## mount and umount
mkdir m; mount -t tmpfs -o size=1m,mode=700 name m; echo $?; touch m/f; stat -c '%a' m; umount m; ls m; umount m 2>/dev/null; echo $?
## bind mounts
mkdir a b; touch a/f; mount --bind a b; ls b; touch b/g; ls a; mount -o remount,bind,ro b; touch b/h 2>/dev/null; echo $?; touch a/h; ls b; umount b
## recursive binds
mkdir -p a/sub b c; mount -t tmpfs x a; mkdir a/sub; mount -t tmpfs y a/sub; touch a/sub/f; mount --bind a b; mount --rbind a c
ls b/sub c/sub; umount c/sub; umount c b a/sub a
## read-only filesystems
mkdir m; mount -t tmpfs -o ro x m; touch m/f 2>/dev/null; echo $?; mount -o remount,rw m; touch m/f; echo $?; umount m
## busy mounts
mkdir m; mount -t tmpfs x m; exec 5> m/f; umount m 2>/dev/null; echo $?; exec 5>&-; umount m; echo $?
mount -t tmpfs x m; (cd m; umount "$OLDPWD/m" 2>/dev/null; echo $?); mount -t tmpfs x m; exec 6> m/g; umount -l m; echo kept >&6; exec 6>&-; umount m; ls m
## moves
mkdir a b; mount -t tmpfs x a; touch a/f; mount --move a b; ls a b; umount b
## a namespace of one's own
mkdir m; mount -t tmpfs x m; touch m/f; unshare -m bash -c 'umount m; ls m; mount -t tmpfs y m; touch m/inner; ls m'; ls m; umount m
## propagation
mkdir a; mount -t tmpfs x a; mount --make-shared a; mkdir a/sub b; mount --bind a b; mount -t tmpfs y a/sub; touch a/sub/f; ls b/sub
mount --make-slave b; umount a/sub; ls b/sub; mount -t tmpfs z b/sub; touch b/sub/g; ls a/sub; umount b/sub b a
## overmounting, and what is below
mkdir m; touch m/below; mount -t tmpfs x m; touch m/one; mount -t tmpfs y m; touch m/two; ls m; umount m; ls m; umount m; ls m
## mount points cannot be removed or renamed
mkdir m; mount -t tmpfs x m; rmdir m 2>/dev/null; echo $?; mv m n 2>/dev/null; echo $?; umount m; mv m n; rmdir n
## file mounts
echo a > a; echo b > b; mount --bind a b; cat b; echo new > b; cat a; rm b 2>/dev/null; echo $?; umount b; cat b
## nosuid, nodev, noexec
mkdir m; mount -t tmpfs -o nosuid,nodev,noexec x m; cp /bin/true m/t; m/t 2>/dev/null; echo $?; mknod m/null c 1 3; cat m/null 2>/dev/null; echo $?
mount -o remount,exec,dev m; m/t; echo $?; cat m/null; echo $?; umount m
## pivot_root
mkdir -p new; mount -t tmpfs x new; mkdir -p new/old new/bin; cp /bin/bash new/bin
for l in $(ldd /bin/bash | grep -o '/[^ ]*'); do mkdir -p new$(dirname $l); cp $l new$l; done
unshare -m bash -c 'mount --make-rprivate / 2>/dev/null; cd new && mount --bind . . && cd ../new && pivot_root . old && cd / && exec /bin/bash -c "cd /; echo /*; cd /old && echo here"'
umount new
## the new mount API
python3 - <<'END'
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(nr, *args):
    r = libc.syscall(ctypes.c_long(nr), *args)
    return r if r >= 0 else errno.errorcode[ctypes.get_errno()]
FSOPEN, FSCONFIG, FSMOUNT, MOVE, OPEN_TREE, SETATTR = 430, 431, 432, 429, 428, 442
os.mkdir('m')
fs = call(FSOPEN, b'tmpfs', 1)
print(call(FSCONFIG, fs, 1, b'size', b'1m', 0), call(FSCONFIG, fs, 1, b'bad', b'1', 0))
try:
    print(os.read(fs, 200))
except OSError as e:
    print(errno.errorcode[e.errno])
print(call(FSCONFIG, fs, 6, None, None, 0))
mnt = call(FSMOUNT, fs, 1, 0)
os.mkdir('d', dir_fd=mnt)
print(os.stat('d', dir_fd=mnt).st_nlink)
print(call(MOVE, mnt, b'', -100, b'm', 4), os.listdir('m'))
tree = call(OPEN_TREE, -100, b'm', 1 | 0x80000)
os.mkdir('n')
print(call(MOVE, tree, b'', -100, b'n', 4), os.listdir('n'))
attr = (ctypes.c_uint64 * 4)(1, 0, 0, 0)
print(call(SETATTR, -100, b'n', 0, attr, ctypes.c_size_t(32)))
try:
    os.mkdir('n/x')
except OSError as e:
    print(errno.errorcode[e.errno])
os.mkdir('m/y')
print(call(FSOPEN, b'nosuchfs', 0), call(FSOPEN, b'tmpfs', 8), call(OPEN_TREE, -100, b'zz', 0))
END
umount n m
## statmount and listmount
mkdir m; mount -t tmpfs name m; python3 - <<'END'
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
class Statx(ctypes.Structure):
    _fields_ = [('pad', ctypes.c_char * 144), ('mnt_id', ctypes.c_uint64), ('rest', ctypes.c_char * 104)]
def mount_id(path):
    st = Statx()
    assert libc.syscall(ctypes.c_long(332), -100, path, 0, 0x4000, ctypes.byref(st)) == 0
    return st.mnt_id
mine = mount_id(b'm')
ids = (ctypes.c_uint64 * 1000)()
req = ctypes.create_string_buffer(struct.pack('=IIQQ', 24, 0, mount_id(b'.'), 0))
n = libc.syscall(ctypes.c_long(458), req, ids, ctypes.c_size_t(1000), 0)
print(n, list(ids)[:n] == [mine])
req = ctypes.create_string_buffer(struct.pack('=IIQQ', 24, 0, mine, 0x3a))
buf = ctypes.create_string_buffer(4096)
print(libc.syscall(ctypes.c_long(457), req, buf, ctypes.c_size_t(4096), 0))
off = struct.unpack_from('=I', buf.raw, 36)[0]
print(buf.raw[512 + off:].split(b'\0')[0])
END
umount m
## user namespaces that map ids to themselves
mkdir m; mount -t tmpfs x m; unshare -Urm bash -c 'umount m 2>/dev/null; echo $?; mkdir n; mount -t tmpfs y n; echo $?; mount -o remount,bind,ro m; echo $?; mount -o remount,bind,rw m 2>/dev/null; echo $?'
unshare --user --map-root-user --mount bash -c 'id -u; touch m/f; stat -c %u m/f; chown 0 m/f; mount --bind m n; ls n'; umount m
## clone with a new mount namespace
mkdir m; mount -t tmpfs x m; cat > clone.py <<'END'
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
def child(call):
    pid = call()
    if pid == 0:
        r = libc.umount2(b'm', 0)
        os.close(os.open('m/inner', os.O_CREAT | os.O_WRONLY))
        os._exit(r == 0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid > 0 else -pid
args = (ctypes.c_uint64 * 11)(CLONE_NEWNS, 0, 0, 0, signal.SIGCHLD)
print(child(lambda: libc.syscall(ctypes.c_long(56), ctypes.c_ulong(CLONE_NEWNS | signal.SIGCHLD), None, None, None, None)))
print(child(lambda: libc.syscall(ctypes.c_long(435), args, ctypes.c_size_t(88))), args[0] == CLONE_NEWNS)
print(child(lambda: libc.syscall(ctypes.c_long(56), ctypes.c_ulong(CLONE_NEWNS | 0x200 | signal.SIGCHLD), None, None, None, None)))
count = 0
def handler(*a):
    global count
    count += 1
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
print(sum(child(lambda: libc.syscall(ctypes.c_long(56), ctypes.c_ulong(CLONE_NEWNS | signal.SIGCHLD), None, None, None, None)) for _ in range(30)))
signal.setitimer(signal.ITIMER_REAL, 0)
END
python3 clone.py; ls m; umount m; ls m; setpriv --reuid 1000 --regid 1000 --clear-groups python3 clone.py 2>/dev/null | head -n 1
