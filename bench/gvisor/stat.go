package main

import (
	"fmt"
	"math"
	"math/rand"
)

// chain makes depth directories below base, one in the other, and a file in
// the last; with a mount, the first directory is a mount point.
func chain(w *world, base string, depth int, mount bool) (string, error) {
	path := base
	if err := w.mkdir(path); err != nil {
		return "", err
	}
	if mount {
		if err := w.mount(path); err != nil {
			return "", err
		}
	}
	for i := 1; i < depth; i++ {
		path += fmt.Sprintf("/%d", i)
		if err := w.mkdir(path); err != nil {
			return "", err
		}
	}
	path += "/file"
	return path, w.mknod(path)
}

// forest makes n files below depth directories each, at least 16 in a
// directory, and returns their paths in random order. All directories from base
// on branch alike.
func forest(w *world, base string, depth, n int, mount bool) ([]string, error) {
	fan, leaves := 1, 1
	if depth > 1 {
		fan = int(math.Max(1, math.Floor(math.Pow(float64(n)/16, 1/float64(depth-1))+1e-9)))
	}
	for level := 1; level < depth; level++ {
		leaves *= fan
	}
	if err := w.mkdir(base); err != nil {
		return nil, err
	}
	if mount {
		if err := w.mount(base); err != nil {
			return nil, err
		}
	}
	made := map[string]bool{base: true}
	paths := make([]string, n)
	for i := range paths {
		dir, rest := base, i%leaves
		for level := 1; level < depth; level++ {
			dir += fmt.Sprintf("/%d", rest%fan)
			rest /= fan
			if !made[dir] {
				if err := w.mkdir(dir); err != nil {
					return nil, err
				}
				made[dir] = true
			}
		}
		paths[i] = fmt.Sprintf("%s/file%d", dir, i/leaves)
		if err := w.mknod(paths[i]); err != nil {
			return nil, err
		}
	}
	rand.New(rand.NewSource(1)).Shuffle(n, func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	return paths, nil
}

// statRow measures one row. Every row gets a tree of its own.
func statRow(w *world, o *options, r row) error {
	base := fmt.Sprintf("/s%d-%t-%d-%d", r.Depth, r.Mount, r.Threads, r.Files)
	r.Bench = "stat"
	if r.Files <= 1 {
		path, err := chain(w, base, r.Depth, r.Mount)
		if err != nil {
			return err
		}
		return measure(o, &r, func(_, n int) error {
			for i := 0; i < n; i++ {
				if err := w.stat(path); err != nil {
					return err
				}
			}
			return nil
		}, 0, nil)
	}
	paths, err := forest(w, base, r.Depth, r.Files, r.Mount)
	if err != nil {
		return err
	}
	return measure(o, &r, func(thread, n int) error {
		k := thread * len(paths) / 2 % len(paths)
		for i := 0; i < n; i++ {
			if err := w.stat(paths[k]); err != nil {
				return err
			}
			if k++; k == len(paths) {
				k = 0
			}
		}
		return nil
	}, 0, nil)
}

// runStat prints the rows asked for, or those of vfsbench's table.
func runStat(w *world, o *options, mount bool) error {
	var rows []row
	if mount || o.threads != 0 || o.files != 0 {
		for _, d := range o.depths {
			threads, files := o.threads, o.files
			if threads == 0 {
				threads = 1
			}
			if files == 0 {
				files = 1
			}
			rows = append(rows, row{Depth: d, Mount: mount, Threads: threads, Files: files})
		}
	} else {
		for _, m := range []bool{false, true} {
			for _, d := range o.depths {
				rows = append(rows, row{Depth: d, Mount: m, Threads: 1, Files: 1})
			}
		}
		rows = append(rows,
			row{Depth: 1, Threads: 2, Files: 1},
			row{Depth: 8, Threads: 2, Files: 1},
			row{Depth: 8, Threads: 1, Files: 4096})
	}
	for _, r := range rows {
		if err := statRow(w, o, r); err != nil {
			return fmt.Errorf("stat at depth %d: %w", r.Depth, err)
		}
	}
	return nil
}
