#!/bin/sh
# Installs what is missing of the Debian packages that vfs2 needs; the one list of them.
#
# Groups: build (the library and its programs), test, clang (a second compiler), coverage (the report).
# Each line of a group names the package and, behind #, what is used of it.
set -u

usage() {
  echo "usage: tools/packages.sh [--list] [build|test|clang|coverage]..." >&2
  echo "Installs the groups' missing packages (default: build test). --list only prints the names." >&2
  exit 2
}

packages_of() {
  case $1 in
  build)
    cat <<'EOF'
gcc              # cc; the sanitizers' libraries come with it
libc6-dev        # the C library's headers, static and shared
binutils         # ar, nm, objdump
meson            # meson; brings python3
ninja-build      # ninja
pkg-config       # pkg-config
libck-dev        # <ck_*.h>, libck
libjemalloc-dev  # <jemalloc/jemalloc.h>, libjemalloc
libseccomp-dev   # <seccomp.h>, libseccomp, for vfsrun
EOF
    ;;
  test)
    cat <<'EOF'
check            # <check.h>, libcheck; brings libsubunit-dev
g++              # public headers are compiled as C++ too
python3          # tests/lint, tests/install, counting of results
util-linux       # setarch, unshare, mount
EOF
    ;;
  clang)
    cat <<'EOF'
clang               # clang, clang++
libclang-rt-14-dev  # its sanitizers and coverage
EOF
    ;;
  coverage)
    cat <<'EOF'
gcovr            # the report; gcov comes with gcc
EOF
    ;;
  esac
}

list=0
groups=
for arg in "$@"; do
  case $arg in
  --list) list=1 ;;
  build | test | clang | coverage) groups="$groups $arg" ;;
  *) echo "tools/packages.sh: unknown argument '$arg'" >&2; usage ;;
  esac
done

wanted=
for group in ${groups:-build test}; do
  wanted="$wanted $(packages_of "$group" | sed 's/ *#.*//' | tr '\n' ' ')"
done
if [ $list = 1 ]; then
  printf '%s\n' $wanted
  exit 0
fi

if ! command -v dpkg-query >/dev/null; then
  echo "tools/packages.sh: no Debian system, nothing installed. Needed are the counterparts of:$wanted"
  exit 0
fi

missing=
for package in $wanted; do
  case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
  'install ok installed' | 'hold ok installed') ;;
  *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "tools/packages.sh: packages are missing and only root can install them; run:" >&2
  echo "  sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "Installing:$missing"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! apt-get -q -o Acquire::Retries=3 update >"$log" 2>&1 ||
  ! apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends $missing >>"$log" 2>&1; then
  tail -n 15 "$log" >&2
  echo "tools/packages.sh: apt-get failed, see above" >&2
  exit 1
fi
