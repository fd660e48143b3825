## pipes and redirections
echo one two three | tr ' ' '\n' | sort | tee out | wc -l
cat < out > copy; cmp out copy && echo same
echo more >> out; tail -n 1 out
{ echo to stdout; echo to stderr >&2; } 2> err > std; cat err std
exec 7> seven; echo by number >&7; exec 7>&-; cat seven
## heredocs
x=value
cat <<END
text $x $((6 * 7))
END
cat <<'END' > quoted
text $x
END
cat quoted
while read -r line; do echo "[$line]"; done <<< "here string"
## globbing
mkdir -p a/b/c; touch a/1 a/2 a/b/3 a/b/c/4 '.hidden' 'with space' 'star*'
echo * a/* a/*/*; shopt -s globstar dotglob; echo **; echo nothing?
for f in *; do printf '<%s>\n' "$f"; done
## subshells keep their own directory
mkdir x y; (cd x && pwd | sed 's|.*/||' && touch inx); cd y; touch iny; cd ..; ls -R
(cd x; sleep 0.05; basename "$PWD"; /bin/pwd | sed 's|.*/||') & cd y; basename "$PWD"; wait; cd ..
## children forked one after the other keep the directory of their moment
for i in 1 2 3 4 5 6 7 8; do mkdir d$i; done
for i in 1 2 3 4 5 6 7 8; do cd d$i; { readlink -f . | sed 's|.*/||' > name; } & cd ..; done; wait
cat d*/name
## umask in a subshell
(umask 077; touch private; mkdir pdir); touch public; mkdir dir; stat -c '%a %n' *
## exit statuses
(exit 3); echo $?; false; echo $?; sh -c 'kill -9 $$'; echo $?; sh -c 'kill -TERM $$'; echo $?
nosuchprogram 2>/dev/null; echo $?; touch notexec; ./notexec 2>/dev/null; echo $?
mkdir isdir; ./isdir 2>/dev/null; echo $?
## scripts
printf '#!/bin/sh\necho "sh $0 $1 $#"\n' > s1; printf '#!/bin/bash -e\necho "bash $0 $*"\nfalse\necho no\n' > s2
printf '#! ./s4 argument\nx\n' > s3; printf '#!/bin/echo inner\n' > s4
printf 'echo no line\n' > s5; printf '#!/no/such/interpreter\n' > s6
chmod +x s1 s2 s3 s4 s5 s6
./s1 a b; ./s2 c d; echo $?; ./s3 x y; ./s5; ./s6 2>/dev/null; echo $?
cp s1 'a b'; ./'a b' z; "$PWD/s1" q | sed "s|$PWD|PWD|"
## names of programs
bash -c 'echo $0' name; (exec -a other bash -c 'echo $BASH $0' | sed 's|.*/||')
cat > comm.py <<'END'
import ctypes
buf = ctypes.create_string_buffer(16)
ctypes.CDLL(None).prctl(16, buf, 0, 0, 0)
print(buf.value.decode())
END
python3 comm.py; ln -s "$(command -v python3)" short; ./short comm.py 2>/dev/null
printf '#!/usr/bin/python3\n' > myscript; cat comm.py >> myscript; chmod +x myscript; ./myscript
## background jobs and wait
n=0; jobs=; for i in 1 2 3 4 5; do (echo $i > job$i; exit $i) & jobs="$jobs $!"; done
for j in $jobs; do wait $j; n=$((n + $?)); done; echo $n; cat job*
## fifos
mkfifo f; (for i in 1 2 3; do echo line $i; done > f) & cat f; wait
mkfifo g; cat g > got & echo through > g; wait; cat got
## a fifo without a reader
mkfifo f; python3 - <<'END'
import os, errno
try:
    os.open('f', os.O_WRONLY | os.O_NONBLOCK)
except OSError as e:
    print(errno.errorcode[e.errno])
END
## a blocked open is interrupted by a signal
mkfifo f; timeout 0.3 cat f; echo $?
## a caught signal interrupts a blocked read
mkfifo f; exec 8<> f
python3 - <<'END'
import os, signal
class Stop(Exception): pass
def handler(*args): raise Stop
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    os.read(8, 1)
except Stop:
    print('interrupted')
END
## sigpipe
mkfifo f; (yes > f; echo $? > status) & head -n 1 < f; wait; cat status
seq 100000 | head -n 1
## devices
echo x > /dev/null; head -c 4 /dev/zero | od -An -tx1; head -c 8 /dev/urandom | wc -c; echo x > /dev/full; echo $?
ls -l /dev/null | cut -c1-10; cat /dev/null
## command substitution, many forks
s=0; for i in $(seq 60); do s=$((s + $(echo $i))); done; echo $s
## deep pipelines
seq 1000 | cat | cat | cat | sort -n | tail -n 1 | xargs -n 1 echo last
## descriptors above nine
exec 20> twenty; echo a >&20; exec 21>&20; echo b >&21; exec 20>&-; echo c >&21; cat twenty
exec 30< twenty; read -r l <&30; echo $l; (read -r l <&30; echo $l); read -r l <&30; echo $l
## close-on-exec and numbers
python3 - <<'END'
import os
a = os.open('f', os.O_CREAT | os.O_RDWR)
b = os.dup(a)
os.set_inheritable(b, True)
r, w = os.pipe()
print(b - a, r - a, w - a)
os.close(a)
c = os.open('g', os.O_CREAT | os.O_RDWR)
print(c == a)
os.dup2(b, 50)
os.write(50, b'fifty')
print(os.fstat(50).st_size, os.lseek(b, 0, 1))
os.closerange(3, 60)
print(os.open('f', os.O_RDONLY))
END
## chroot
mkdir -p root/bin root/sub; cp -r --parents $(ldd /bin/bash | grep -o '/[^ ]*') root 2>/dev/null
cp /bin/bash root/bin; chroot root /bin/bash -c 'echo inside; cd ..; pwd; echo /*'
rm -r root
## setpriv drops to another user
touch mine; chmod 600 mine; mkdir -m 700 dir; chmod 755 .
setpriv --reuid 1000 --regid 1000 --clear-groups bash -c 'id -u; id -g; id -G; cat mine; ls dir; touch new; echo $?' 2>/dev/null
setpriv --reuid 1000 --regid 100 --groups 4,20 bash -c 'id -G; umask 0; echo x > /tmp/vfsrun-of-user; stat -c "%u %g %a" /tmp/vfsrun-of-user; rm /tmp/vfsrun-of-user'
## set-user-id programs
cp /usr/bin/id myid; chmod 4755 myid; cp /usr/bin/id gid; chown 0:7 gid; chmod 2755 gid
setpriv --reuid 1000 --regid 1000 --clear-groups ./myid -u
setpriv --reuid 1000 --regid 1000 --clear-groups ./myid -ru; setpriv --reuid 1000 --regid 1000 --clear-groups ./gid -g
rm myid gid
## xargs and find -exec
mkdir t; for i in $(seq 30); do echo $i > t/f$i; done; find t -name 'f1*' -exec cat {} + | sort -n | tr '\n' ' '
find t -type f -print0 | xargs -0 -n 7 -P 3 cat | sort -n | tail -n 1
## awk and sed in place
seq 20 > n; sed -i 's/^1/X/' n; head -n 3 n; awk '{ s += $1 } END { print s, NR }' n; sed -n '5,7p' n
