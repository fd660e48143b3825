#!/bin/sh
# Configures and makes jemalloc's header and static library in a folder; the log is shown only if that fails.
# usage: build.sh SOURCE FOLDER STAMP MAKE CC...
set -eu
source=$1
folder=$2
stamp=$(realpath -m "$3")
make=$4
shift 4

mkdir -p "$folder"
cd "$folder"
# The compiler goes by CC: an environment of ninja's may name another one. MAKEFLAGS is ninja's caller's, not ours.
unset MAKEFLAGS DESTDIR || :
if ! { CC=$* "$source/configure" --with-jemalloc-prefix=je_ --with-private-namespace=vfs2_ \
  --disable-shared --enable-static --disable-cxx --disable-doc &&
  "$make" -j2 build_lib_static; } >build.log 2>&1; then
  tail -n 30 build.log >&2
  exit 1
fi
test -f include/jemalloc/jemalloc.h
test -f lib/libjemalloc_pic.a
touch "$stamp"
