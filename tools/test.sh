#!/bin/sh
# Installs what is missing, builds and tests. Without options: everything with gcc, everything under ASan and UBSan,
# the suite "threads" under TSan. The last line counts single checks, not programs: "N passed, N failed".
set -u

usage() {
  cat >&2 <<'EOF'
usage: tools/test.sh [--quick] [--sanitize=address|thread] [--coverage] [--all] [--compiler=gcc|clang] [--werror]
  (nothing)            the plain build, ASan+UBSan, and TSan (suite "threads")
  --quick              the plain build only (build/)
  --sanitize=address   all tests under ASan and UBSan (build-asan/)
  --sanitize=thread    the suite "threads" under TSan (build-tsan/)
  --coverage           all tests, then line and branch coverage (build-coverage/)
  --all                all of these with gcc, and the plain build with clang
  --compiler=NAME      gcc (default) or clang, whose folders end in -clang
  --werror             a warning is an error
EOF
  exit 2
}

builds=
compiler=gcc
all=0
werror=false
for arg in "$@"; do
  case $arg in
  --quick) builds="$builds plain" ;;
  --sanitize=address) builds="$builds asan" ;;
  --sanitize=thread) builds="$builds tsan" ;;
  --coverage) builds="$builds coverage" ;;
  --all) all=1 ;;
  --compiler=gcc) compiler=gcc ;;
  --compiler=clang) compiler=clang ;;
  --werror) werror=true ;;
  -h | --help) usage ;;
  *) echo "tools/test.sh: unknown argument '$arg'" >&2; usage ;;
  esac
done
builds=${builds:-plain asan tsan}
plan=
for build in $builds; do
  plan="$plan $build:$compiler"
done
[ $all = 0 ] || plan="plain:gcc asan:gcc tsan:gcc coverage:gcc plain:clang"

cd "$(dirname "$0")/.." || exit 1
groups="build test"
case $plan in *clang*) groups="$groups clang" ;; esac
case $plan in *coverage*) groups="$groups coverage" ;; esac
tools/packages.sh $groups || exit 1

# Runs a step; where standard output is no terminal it is quiet, unless the step fails.
step() {
  if [ -t 1 ]; then
    "$@"
  elif ! "$@" >"$dir/step.log" 2>&1; then
    tail -n 40 "$dir/step.log"
    return 1
  fi
}

configure_and_build() {
  set -- -Dwerror=$werror -Dtests=true "$@"
  mkdir -p "$dir" || return 1
  if [ -f "$dir/build.ninja" ]; then
    step meson configure "$dir" "$@" || return 1
  else
    CC=$cc step meson setup "$dir" "$@" || return 1
  fi
  step ninja -C "$dir"
}

results=
broken=0
for entry in $plan; do
  build=${entry%:*}
  cc=${entry#*:}
  case $build in
  plain) dir=build; what="all tests"; set -- -Db_sanitize=none ;;
  asan) dir=build-asan; what="all tests under ASan and UBSan"; set -- -Db_sanitize=address,undefined ;;
  tsan) dir=build-tsan; what='the suite "threads" under TSan'; set -- -Db_sanitize=thread ;;
  coverage) dir=build-coverage; what="all tests for coverage"; set -- -Db_coverage=true -Doptimization=0 ;;
  esac
  [ "$cc" = gcc ] || dir=$dir-$cc
  echo "$dir: building with $cc"
  if ! configure_and_build "$@"; then
    echo "tools/test.sh: the build in $dir/ failed" >&2
    broken=$((broken + 1))
    continue
  fi

  echo "$dir: $what"
  set -- meson test -C "$dir" --no-rebuild --print-errorlogs
  if [ $build = tsan ]; then
    set -- "$@" --suite threads
    # TSan of gcc 12 and clang 14 cannot start where the kernel randomises addresses by more than 28 bits.
    ! setarch -R true 2>/dev/null || set -- setarch -R "$@"
  fi
  rm -f "$dir/meson-logs/testlog.json"
  "$@"
  results="$results $dir/meson-logs/testlog.json"
  if [ $build = coverage ] && command -v gcovr >/dev/null; then
    gcovr --root . --filter vfs/ --filter mount/ --filter fsimpl/ --print-summary --branches \
      --txt "$dir/coverage.txt" "$dir" | tail -n 3
    echo "$dir: the table of files is in $dir/coverage.txt"
  fi
done

exec python3 tools/count_tests.py --broken $broken $results
