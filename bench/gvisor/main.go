// gvisor-peer measures gVisor's VFS2 on its own tmpfs, for `vfsbench --peer gvisor`.
//
// It repeats vfsbench's rows, with the same trees, the same paths and the same
// rule for how long a repetition lasts, and prints one JSON object a line.
// It is built against Debian's golang-gvisor-gvisor-dev by build.sh, in GOPATH
// mode, and uses nothing else.
//
//	main.go     command line, order of the rows
//	world.go    an instance of gVisor's VFS without a kernel around it
//	measure.go  repetitions, best and median, output
//	stat.go     stat by depth, with a mount, with threads, over many files
//	ops.go      the other operations
//
// Known limits: the sentry's own clock is not available without a kernel, so
// timestamps come from Go's time.Now; contexts carry no task, so nothing is
// traced or checked by seccheck, which favours gVisor slightly.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

type options struct {
	depths  []int
	rows    string
	threads int
	files   int
	reps    int
	repTime int64
}

func parseDepths(list string) ([]int, error) {
	var depths []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > 1000 {
			return nil, fmt.Errorf("bad depth %q", word)
		}
		depths = append(depths, n)
	}
	return depths, nil
}

func refuse(problem string) {
	fmt.Fprintf(os.Stderr, "gvisor-peer: %s\n", problem)
	fmt.Fprintln(os.Stderr, "usage: gvisor-peer stat|ops [-depth 1,2,3] [-mount] [-threads N] [-files N] [-reps N] [-ms N]")
	os.Exit(2)
}

func main() {
	if len(os.Args) < 2 || (os.Args[1] != "stat" && os.Args[1] != "ops") {
		refuse("say what to measure")
	}
	var o options
	fl := flag.NewFlagSet("gvisor-peer", flag.ContinueOnError)
	depth := fl.String("depth", "1,2,3,8,64,100", "directories above the file")
	mount := fl.Bool("mount", false, "only the rows below a mount point")
	fl.IntVar(&o.threads, "threads", 0, "only rows with this many threads")
	fl.IntVar(&o.files, "files", 0, "only rows with a random choice of this many files")
	fl.IntVar(&o.reps, "reps", 15, "repetitions of each row")
	ms := fl.Int("ms", 10, "milliseconds of a repetition")
	if err := fl.Parse(os.Args[2:]); err != nil {
		os.Exit(2)
	}
	if fl.NArg() != 0 || o.reps < 1 || *ms < 1 || o.threads < 0 || o.files < 0 {
		refuse("bad argument")
	}
	o.repTime = int64(*ms) * 1e6
	var err error
	if o.depths, err = parseDepths(*depth); err != nil {
		refuse(err.Error())
	}

	w, err := newWorld()
	if err != nil {
		fmt.Fprintf(os.Stderr, "gvisor-peer: %v\n", err)
		os.Exit(1)
	}
	if os.Args[1] == "stat" {
		err = runStat(w, &o, *mount)
	} else {
		err = runOps(w, &o)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "gvisor-peer: %v\n", err)
		os.Exit(1)
	}
}
