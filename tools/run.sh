#!/bin/sh
# Shows what vfs2 does with a real tree: installs what is missing, builds with optimisation, imports DIR into memfs
# and checks every entry against the host, then prints the stat table of vfs2 beside the host kernel.
set -u

usage() {
  echo "usage: tools/run.sh [DIR]" >&2
  echo "Imports DIR (default /usr/include) into memfs, compares it with the host, measures stat." >&2
  exit 2
}

fail() {
  echo "tools/run.sh: $*" >&2
  exit 1
}

[ $# -le 1 ] || usage
case ${1-} in
-h | --help) usage ;;
-*) echo "tools/run.sh: unknown option '$1'" >&2; usage ;;
esac
dir=${1:-/usr/include}
[ -d "$dir" ] || { echo "tools/run.sh: '$dir' is not a directory" >&2; usage; }
dir=$(cd "$dir" && pwd) || fail "cannot enter '$dir'"
cd "$(dirname "$0")/.." || fail "cannot enter the source folder"

tools/packages.sh build || exit 1

build=build-release
log=$build/step.log
mkdir -p $build || fail "cannot make $build/"
echo "Building in $build/"
options="-Dbuildtype=debugoptimized -Doptimization=2 -Dtests=false -Dbench=true"
if [ -f $build/build.ninja ]; then
  meson configure $build $options >"$log" 2>&1 || { tail -n 15 "$log" >&2; fail "configuring failed"; }
else
  meson setup $build $options >"$log" 2>&1 || { tail -n 15 "$log" >&2; fail "configuring failed"; }
fi
if [ -t 1 ]; then
  ninja -C $build || fail "the build failed"
else
  ninja -C $build >"$log" 2>&1 || { tail -n 30 "$log" >&2; fail "the build failed"; }
fi

bench=$build/bench/vfsbench
[ -x $bench ] || fail "the build made no $bench"
echo "Importing $dir into memfs and comparing it with the host"
$bench tree "$dir" || fail "the tree in memfs is not the host's"
echo
echo "stat of one path, vfs2 beside the host kernel"
$bench stat || fail "vfsbench stat failed"
