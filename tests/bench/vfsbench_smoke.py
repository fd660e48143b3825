#!/usr/bin/env python3
"""vfsbench's commands from the outside: results as JSON, a tree of every kind of node, refused command lines.

usage: vfsbench_smoke.py VFSBENCH
Prints TAP. The figures themselves are not judged: a test machine may be busy.
"""
import json
import math
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

VFSBENCH = sys.argv[1]
QUICK = ["--reps", "2", "--ms", "1"]
MEMBERS = {"bench", "impl", "depth", "mount", "threads", "files", "variant", "unit", "ns_best", "ns_median"}
checks = 0
failures = 0


def check(name, good, detail=""):
    global checks, failures
    checks += 1
    print(f"{'ok' if good else 'not ok'} {checks} - {name}")
    if not good:
        failures += 1
        for line in str(detail).splitlines():
            print(f"# {line}")


def run(*args):
    return subprocess.run([VFSBENCH, *args], capture_output=True, text=True, timeout=300)


def rows_of(result):
    """The JSON lines, or None where one is wrong."""
    rows = []
    for line in result.stdout.splitlines():
        row = json.loads(line)
        if not MEMBERS <= row.keys() or not math.isfinite(row["ns_best"]):
            return None
        if row["variant"] != "walk" or row["ns_median"] < row["ns_best"]:
            return None
        # A reader may be faster beside a writer than beside what it is compared with.
        if row["ns_best"] < 0 and row["unit"] != "percent":
            return None
        rows.append(row)
    return rows


def check_json(name, *args):
    result = run(*args, *QUICK, "--json")
    try:
        rows = rows_of(result)
    except ValueError:
        rows = None
    check(f"{name}: status 0 and valid rows", result.returncode == 0 and rows,
          result.stdout + result.stderr)
    return rows or []


def check_stat():
    rows = check_json("stat", "stat", "--depth", "1,2,9")
    seen = {(r["impl"], r["depth"], r["mount"], r["threads"], r["files"]) for r in rows}
    want = {("vfs2", d, m, 1, 1) for d in (1, 2, 9) for m in (False, True)}
    want |= {("vfs2", 1, False, 2, 1), ("vfs2", 8, False, 2, 1), ("vfs2", 8, False, 1, 4096)}
    want |= {("host", d, False, 1, 1) for d in (1, 2, 9)}
    check("stat: every row of the table", want <= seen, want - seen)

    rows = check_json("stat with one property", "stat", "--depth", "3,100", "--mount", "--threads", "2", "--files", "50")
    check("stat with one property: only such rows",
          rows and all(r["mount"] and r["threads"] == 2 and r["files"] == 50 and r["depth"] in (3, 100) for r in rows),
          rows)

    result = run("stat", *QUICK, "--depth", "1,3")
    check("stat: a table", result.returncode == 0 and "a mount crossing" in result.stdout, result.stdout + result.stderr)


def check_ops():
    rows = check_json("ops", "ops", "--files", "2000")
    seen = {(r["impl"], r["op"]) for r in rows}
    names = ["open+close", "fstat", "mknod+unlink", "create+close+unlink", "mkdir+rmdir", "rename", "rename-across",
             "read-4k", "write-4k", "append-4k", "readdir-10", "readdir-100", "readdir-1000"]
    want = {(impl, name) for impl in ("vfs2", "host") for name in names}
    want |= {("vfs2", name) for name in ("create-many", "umount-many", "bytes-per-file")}
    check("ops: every row of the table", want <= seen, want - seen)
    size = [r["ns_best"] for r in rows if r["op"] == "bytes-per-file"]
    check("ops: an empty file has a size", size and size[0] > 0, rows)

    result = run("ops", *QUICK, "--files", "1000")
    check("ops: a table", result.returncode == 0 and "bytes per empty file" in result.stdout,
          result.stdout + result.stderr)


def check_load():
    rows = check_json("load", "load", "--files", "10000")
    seen = {(r["impl"], r["op"], r["files"]) for r in rows}
    names = [(op, 10000) for op in ("set-stat", "directory-create", "directory-stat", "directory-list",
                                    "directory-remove")]
    names += [("missing-stat", n) for n in (10, 10000)]
    names += [(op, 1) for op in ("rename", "rename-stat", "exchange", "exchange-stat")]
    counters = [(op, 1) for op in ("rename-reference", "exchange-reference")]
    want = {("vfs2", *name) for name in names + counters}
    check("load: every row of the table", want <= seen, want - seen)
    check("load: the host counts no walks", not {("host", *name) for name in counters} & seen, seen)
    ppm = [r for r in rows if r["unit"] == "ppm"]
    check("load: shares of walks", ppm and all(r["op"].endswith("-reference") for r in ppm), ppm)

    result = run("load", *QUICK, "--files", "1")
    check("load: a table, without what is larger than --files",
          result.returncode == 0 and "rename above a reader" in result.stdout and "10000" not in result.stdout,
          result.stdout + result.stderr)


def check_mounts():
    rows = check_json("mounts", "mounts", "--mounts", "20")
    seen = {(r["impl"], r["op"], r.get("mounts")) for r in rows}
    names = ["bind-beside", "umount-beside", "stat", "stat-random", "bind", "bind-umount", "bind-detach", "bind-drop",
             "tmpfs", "tmpfs-umount", "tmpfs-detach", "tmpfs-drop", "clone", "clone-drop", "mountinfo", "listmount",
             "statmount"]
    contests = ["churn-bind", "churn-shared", "churn-move", "churn-pivot", "churn-clone"]
    names += [op + suffix for op in contests for suffix in ("", "-stat", "-over-alone", "-over-busy", "-reference", "-waits")]
    want = {("vfs2", name, 20) for name in names} | {("vfs2", name, 10) for name in ("stat", "propagate", "stat-chain")}
    check("mounts: every row of the table", want <= seen, want - seen)
    locked = [r["ns_best"] for r in rows if r["op"] == "stat-reference"]
    check("mounts: no walk took a lock", locked and not any(locked), locked)

    result = run("mounts", *QUICK, "--mounts", "20")
    check("mounts: a table", result.returncode == 0 and "copy a namespace of 20" in result.stdout,
          result.stdout + result.stderr)


def attempt(call, *args, **kwargs):
    """For what not every test machine allows."""
    try:
        call(*args, **kwargs)
    except OSError as e:
        print(f"# left out: {call.__name__}{args}: {e}")


def make_tree(top):
    def path(name):
        return os.path.join(top, name)

    os.makedirs(path("a/b/c"))
    os.mkdir(path("empty"))
    with open(path("a/big"), "wb") as f:
        f.write(os.urandom(3 << 20))
    with open(path("sparse"), "wb") as f:
        f.seek(10 << 20)
        f.write(b"end")
        f.truncate(20 << 20)
    open(path("nothing"), "w").close()
    os.link(path("a/big"), path("a/b/big2"))
    os.link(path("a/big"), path("big3"))
    os.symlink("a/big", path("link"))
    os.symlink("nowhere/" + "x" * 300, path("dangling"))
    os.mkfifo(path("fifo"), 0o640)
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(top)
        s.bind("socket")
        os.chdir(here)
    with open(path("n" * 255), "w") as f:
        f.write("long name")
    attempt(os.mknod, path("null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    attempt(os.mknod, path("block"), stat.S_IFBLK | 0o600, os.makedev(259, 70000))
    attempt(os.setxattr, path("nothing"), "user.colour", b"green\0blue")
    attempt(os.setxattr, path("empty"), "user.empty", b"")
    attempt(os.chown, path("nothing"), 12, 34)
    os.chmod(path("nothing"), 0o6755)
    os.chmod(path("empty"), 0o1777)
    os.utime(path("link"), ns=(1, 2), follow_symlinks=False)
    os.utime(path("nothing"), ns=(1234567890123456789, 987654321))
    os.utime(path("a/b"), ns=(-5_000_000_001, 4_000_000_000_000_000_007))


def check_tree():
    with tempfile.TemporaryDirectory() as top:
        make_tree(top)
        entries = sum(len(dirs) + len(files) for _, dirs, files in os.walk(top)) + 1
        rows = check_json("tree", "tree", top)
        imported = [r for r in rows if r["op"] == "import"]
        check("tree: all entries, no differences",
              len(imported) == 1 and imported[0]["files"] == entries and imported[0]["differences"] == 0 and
              imported[0]["hardlinks"] == 2, imported)
        check("tree: stat of its paths on both sides",
              {r["impl"] for r in rows if r["op"] == "stat" and r["files"] == entries - 1} == {"vfs2", "host"}, rows)
        result = run("tree", top, *QUICK)
        check("tree: a summary", result.returncode == 0 and ": 0 differences" in result.stdout,
              result.stdout + result.stderr)
        result = run("tree", os.path.join(top, "empty"), *QUICK)
        check("tree: of an empty directory", result.returncode == 0, result.stdout + result.stderr)
        for name in ("missing", "nothing"):
            result = run("tree", os.path.join(top, name), *QUICK)
            check(f"tree: of {name}: status 1 and one line",
                  result.returncode == 1 and len(result.stderr.splitlines()) == 1, result.stderr)


def check_command_line():
    for args in (["--help"], ["stat", "--help"], ["tree", "--help"]):
        result = run(*args)
        check(f"{' '.join(args)}: usage", result.returncode == 0 and result.stdout.startswith("usage:"), result.stdout)
    for args in ([], ["fly"], ["stat", "--depth"], ["stat", "--depth", "0"], ["stat", "--depth", "1,,2"],
                 ["stat", "--depth", "1x"], ["stat", "--depth", "501"], ["stat", "--depth", ",".join(["1"] * 33)],
                 ["stat", "--reps", "0"], ["stat", "--reps", "-1"], ["stat", "--threads", "65"], ["stat", "--frob"],
                 ["stat", "-x"], ["stat", "here"], ["stat", "--peer", "freebsd"], ["stat", "--json=yes"],
                 ["ops", "--depth", "1"], ["load", "--mount"], ["load", "--peer", "gvisor"], ["load", "--files", "0"], ["ops", "--files", "1e6"], ["tree"], ["tree", "a", "b"],
                 ["tree", "/tmp", "--threads", "2"]):
        result = run(*args)
        lines = result.stderr.splitlines()
        check(f"refused: {' '.join(args) or '(nothing)'}"[:70],
              result.returncode == 2 and not result.stdout and len(lines) > 2 and
              lines[0].startswith("vfsbench: ") and lines[1].startswith("usage:"),
              f"status {result.returncode}\n{result.stderr}")


def check_peer():
    """gVisor's side is a program beside vfsbench; here scripts stand in for it."""
    row = {"bench": "stat", "impl": "gvisor", "depth": 1, "mount": False, "threads": 1, "files": 1,
           "variant": "walk", "reps": 2, "unit": "ns", "ns_best": 123.4, "ns_median": 234.5}
    with tempfile.TemporaryDirectory() as top:
        bench = shutil.copy(VFSBENCH, top)

        def run_with(script):
            peer = os.path.join(top, "vfsbench-gvisor")
            if script is not None:
                with open(peer, "w") as f:
                    f.write("#!/bin/sh\n" + script)
                os.chmod(peer, 0o755)
            return subprocess.run([bench, "stat", "--depth", "1", "--peer", "gvisor", *QUICK], capture_output=True,
                                  text=True, timeout=300)

        result = run_with(None)
        check("peer: not built: one line says how to get it",
              result.returncode == 1 and len(result.stderr.splitlines()) == 1 and
              "golang-gvisor-gvisor-dev" in result.stderr, result.stderr)
        result = run_with(f"echo '{json.dumps(row, separators=(',', ':'))}'\n")
        check("peer: its rows stand in the table", result.returncode == 0 and "123" in result.stdout, result.stdout)
        for name, script in (("prints something else", "echo hello\n"), ("fails", "exit 3\n")):
            result = run_with(script)
            check(f"peer: {name}: status 1 and one line",
                  result.returncode == 1 and len(result.stderr.splitlines()) == 1, result.stderr)


check_command_line()
check_peer()
check_stat()
check_ops()
check_load()
check_mounts()
check_tree()
print(f"1..{checks}")
sys.exit(failures != 0)
