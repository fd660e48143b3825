package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"gvisor.dev/gvisor/pkg/abi/linux"
	"gvisor.dev/gvisor/pkg/sentry/vfs"
	"gvisor.dev/gvisor/pkg/usermem"
)

const (
	pageSize = 4096
	// A growing file is cut back after this many appends.
	maxAppends = 4096
)

// op is one operation of the second table.
type op struct {
	name  string
	body  loop
	maxN  int
	reset func() error
}

// repeat makes a loop of a function.
func repeat(f func() error) loop {
	return func(_, n int) error {
		for i := 0; i < n; i++ {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
}

func (w *world) mustOpen(path string, flags uint32) (*vfs.FileDescription, error) {
	fd, err := w.open(path, flags)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return fd, nil
}

// renameOps moves a file to and fro; every rename counts.
func (w *world) renameOp(name, a, b string) op {
	return op{name: name, body: func(_, n int) error {
		for i := 0; i < n; i++ {
			if err := w.rename(a, b); err != nil {
				return err
			}
			a, b = b, a
		}
		return nil
	}}
}

func (w *world) readdirOp(entries int) (op, error) {
	dir := fmt.Sprintf("/ops/list%d", entries)
	if err := w.mkdir(dir); err != nil {
		return op{}, err
	}
	for i := 0; i < entries; i++ {
		if err := w.mknod(fmt.Sprintf("%s/file%d", dir, i)); err != nil {
			return op{}, err
		}
	}
	fd, err := w.mustOpen(dir, linux.O_RDONLY|linux.O_DIRECTORY)
	if err != nil {
		return op{}, err
	}
	seen := 0
	count := vfs.IterDirentsCallbackFunc(func(vfs.Dirent) error {
		seen++
		return nil
	})
	return op{name: fmt.Sprintf("readdir-%d", entries), body: repeat(func() error {
		seen = 0
		if _, err := fd.Seek(w.ctx, 0, linux.SEEK_SET); err != nil {
			return err
		}
		if err := fd.IterDirents(w.ctx, count); err != nil {
			return err
		}
		if seen != entries+2 {
			return fmt.Errorf("readdir: %d entries of %d", seen, entries+2)
		}
		return nil
	})}, nil
}

// dataOps reads, writes and appends pages of /ops/file and /ops/grow.
func (w *world) dataOps(fd *vfs.FileDescription) ([]op, error) {
	page := make([]byte, pageSize)
	if _, err := fd.PWrite(w.ctx, usermem.BytesIOSequence(page), 0, vfs.WriteOptions{}); err != nil {
		return nil, err
	}
	grow, err := w.mustOpen("/ops/grow", linux.O_CREAT|linux.O_RDWR|linux.O_APPEND)
	if err != nil {
		return nil, err
	}
	return []op{
		{name: "read-4k", body: repeat(func() error {
			_, err := fd.PRead(w.ctx, usermem.BytesIOSequence(page), 0, vfs.ReadOptions{})
			return err
		})},
		{name: "write-4k", body: repeat(func() error {
			_, err := fd.PWrite(w.ctx, usermem.BytesIOSequence(page), 0, vfs.WriteOptions{})
			return err
		})},
		{name: "append-4k", maxN: maxAppends, body: repeat(func() error {
			_, err := grow.Write(w.ctx, usermem.BytesIOSequence(page), vfs.WriteOptions{})
			return err
		}), reset: func() error {
			return grow.SetStat(w.ctx, vfs.SetStatOptions{Stat: linux.Statx{Mask: linux.STATX_SIZE}})
		}},
	}, nil
}

func (w *world) allOps() ([]op, error) {
	for _, dir := range []string{"/ops", "/ops/a", "/ops/b"} {
		if err := w.mkdir(dir); err != nil {
			return nil, err
		}
	}
	for _, file := range []string{"/ops/file", "/ops/a/x", "/ops/a/y"} {
		if err := w.mknod(file); err != nil {
			return nil, err
		}
	}
	fd, err := w.mustOpen("/ops/file", linux.O_RDWR)
	if err != nil {
		return nil, err
	}
	ops := []op{
		{name: "open+close", body: repeat(func() error {
			fd, err := w.open("/ops/file", linux.O_RDONLY)
			if err == nil {
				fd.DecRef(w.ctx)
			}
			return err
		})},
		{name: "fstat", body: repeat(func() error {
			_, err := fd.Stat(w.ctx, vfs.StatOptions{Mask: linux.STATX_BASIC_STATS})
			return err
		})},
		{name: "mknod+unlink", body: repeat(func() error {
			if err := w.mknod("/ops/new"); err != nil {
				return err
			}
			return w.unlink("/ops/new")
		})},
		{name: "create+close+unlink", body: repeat(func() error {
			fd, err := w.open("/ops/new", linux.O_CREAT|linux.O_EXCL|linux.O_RDWR)
			if err != nil {
				return err
			}
			fd.DecRef(w.ctx)
			return w.unlink("/ops/new")
		})},
		{name: "mkdir+rmdir", body: repeat(func() error {
			if err := w.mkdir("/ops/new"); err != nil {
				return err
			}
			return w.rmdir("/ops/new")
		})},
		w.renameOp("rename", "/ops/a/x", "/ops/a/x2"),
		w.renameOp("rename-across", "/ops/a/y", "/ops/b/y"),
	}
	data, err := w.dataOps(fd)
	if err != nil {
		return nil, err
	}
	ops = append(ops, data...)
	for _, entries := range []int{10, 100, 1000} {
		o, err := w.readdirOp(entries)
		if err != nil {
			return nil, err
		}
		ops = append(ops, o)
	}
	return ops, nil
}

// heap returns the bytes of live objects.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// manyFiles creates n empty files in a mount of its own, a thousand in a
// directory, and unmounts it.
func (w *world) manyFiles(n int) error {
	if err := w.mkdir("/many"); err != nil {
		return err
	}
	if err := w.mount("/many"); err != nil {
		return err
	}
	before := heap()
	start := time.Now()
	for i := 0; i < n; i++ {
		if i%1000 == 0 {
			if err := w.mkdir(fmt.Sprintf("/many/%d", i/1000)); err != nil {
				return err
			}
		}
		if err := w.mknod(fmt.Sprintf("/many/%d/file%d", i/1000, i%1000)); err != nil {
			return err
		}
	}
	created := time.Since(start)
	after := heap()
	start = time.Now()
	if err := w.umount("/many"); err != nil {
		return err
	}
	unmounted := time.Since(start)

	for _, r := range []row{
		{Op: "create-many", Best: float64(created.Nanoseconds()) / float64(n)},
		{Op: "umount-many", Best: float64(unmounted.Nanoseconds()) / float64(n)},
		{Op: "bytes-per-file", Unit: "bytes", Best: float64(after-before) / float64(n)},
	} {
		r.Bench, r.Depth, r.Files, r.Reps, r.Median = "ops", 2, n, 1, r.Best
		if err := r.print(); err != nil {
			return err
		}
	}
	return nil
}

// runOps prints the rows of vfsbench's second table.
func runOps(w *world, o *options) error {
	ops, err := w.allOps()
	if err != nil {
		return err
	}
	for _, op := range ops {
		r := row{Bench: "ops", Op: op.name, Depth: 1}
		if err := measure(o, &r, op.body, op.maxN, op.reset); err != nil {
			fmt.Fprintf(os.Stderr, "gvisor-peer: %s: %v\n", op.name, err)
		}
	}
	files := o.files
	if files == 0 {
		files = 1000000
	}
	return w.manyFiles(files)
}
