package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"sync"
	"time"
)

// row is one line of output. Its fields are vfsbench's.
type row struct {
	Bench   string  `json:"bench"`
	Op      string  `json:"op,omitempty"`
	Impl    string  `json:"impl"`
	Depth   int     `json:"depth"`
	Mount   bool    `json:"mount"`
	Threads int     `json:"threads"`
	Files   int     `json:"files"`
	Variant string  `json:"variant"`
	Reps    int     `json:"reps"`
	Unit    string  `json:"unit"`
	Best    float64 `json:"ns_best"`
	Median  float64 `json:"ns_median"`
}

func (r *row) print() error {
	r.Impl = "gvisor"
	if r.Variant == "" {
		r.Variant = "walk"
	}
	if r.Unit == "" {
		r.Unit = "ns"
	}
	if r.Threads == 0 {
		r.Threads = 1
	}
	if r.Files == 0 {
		r.Files = 1
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, string(line))
	return err
}

// loop runs an operation n times; thread tells the threads of a row apart.
type loop func(thread int, n int) error

// timeLoop returns the wall time of n operations in every thread at once.
func timeLoop(body loop, threads, n int) (int64, error) {
	if threads == 1 {
		start := time.Now()
		err := body(0, n)
		return time.Since(start).Nanoseconds(), err
	}
	var ready, done sync.WaitGroup
	errs := make([]error, threads)
	gate := make(chan struct{})
	for i := 0; i < threads; i++ {
		ready.Add(1)
		done.Add(1)
		go func(i int) {
			runtime.LockOSThread()
			defer done.Done()
			ready.Done()
			<-gate
			errs[i] = body(i, n)
		}(i)
	}
	ready.Wait()
	start := time.Now()
	close(gate)
	done.Wait()
	elapsed := time.Since(start).Nanoseconds()
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return elapsed, nil
}

// measure fills in r.Best and r.Median and prints r. A repetition runs for
// about o.repTime, found by doubling. maxN, if not 0, bounds the operations of
// a repetition, and reset, if not nil, runs untimed before each.
func measure(o *options, r *row, body loop, maxN int, reset func() error) error {
	if r.Threads == 0 {
		r.Threads = 1
	}
	once := func(n int) (int64, error) {
		if reset != nil {
			if err := reset(); err != nil {
				return 0, err
			}
		}
		return timeLoop(body, r.Threads, n)
	}
	n := 1
	for {
		// The shortest of a few: an interruption is not the work.
		shortest := int64(math.MaxInt64)
		for i := 0; i < 3; i++ {
			elapsed, err := once(n)
			if err != nil {
				return err
			}
			if elapsed < shortest {
				shortest = elapsed
			}
		}
		if shortest >= o.repTime || (maxN != 0 && n >= maxN) {
			break
		}
		n *= 2
		if maxN != 0 && n > maxN {
			n = maxN
		}
	}
	times := make([]float64, o.reps)
	for i := range times {
		elapsed, err := once(n)
		if err != nil {
			return err
		}
		times[i] = float64(elapsed) / float64(n)
	}
	sort.Float64s(times)
	r.Best = times[0]
	r.Median = times[len(times)/2]
	r.Reps = o.reps
	return r.print()
}
