#!/bin/sh
# Builds gVisor's side of vfsbench from Debian's packages, without a network.
# usage: build.sh OUTPUT
set -eu

if [ $# -ne 1 ]; then
  echo "usage: build.sh OUTPUT" >&2
  exit 2
fi
output=$(realpath "$1")
gopath=${VFSBENCH_GOPATH:-/usr/share/gocode}
here=$(dirname "$(realpath "$0")")

if ! command -v go >/dev/null 2>&1 || [ ! -d "$gopath/src/gvisor.dev/gvisor" ]; then
  echo "gVisor's sources are not here: apt-get install golang golang-gvisor-gvisor-dev" >&2
  exit 1
fi
cd "$here"
GO111MODULE=off GOPATH="$gopath" GOFLAGS= CGO_ENABLED=0 \
  GOCACHE=${GOCACHE:-$(dirname "$output")/.gocache} go build -o "$output" .
