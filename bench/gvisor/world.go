package main

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"gvisor.dev/gvisor/pkg/abi/linux"
	"gvisor.dev/gvisor/pkg/context"
	"gvisor.dev/gvisor/pkg/fspath"
	"gvisor.dev/gvisor/pkg/memutil"
	"gvisor.dev/gvisor/pkg/sentry/fsimpl/tmpfs"
	"gvisor.dev/gvisor/pkg/sentry/kernel/auth"
	ktime "gvisor.dev/gvisor/pkg/sentry/kernel/time"
	"gvisor.dev/gvisor/pkg/sentry/limits"
	"gvisor.dev/gvisor/pkg/sentry/pgalloc"
	"gvisor.dev/gvisor/pkg/sentry/uniqueid"
	"gvisor.dev/gvisor/pkg/sentry/usage"
	"gvisor.dev/gvisor/pkg/sentry/vfs"
)

// hostClock stands in for the sentry's timekeeper.
type hostClock struct {
	ktime.NoClockEvents
	ktime.WallRateClock
}

func (*hostClock) Now() ktime.Time {
	return ktime.FromNanoseconds(time.Now().UnixNano())
}

// memory provides the pages of regular files.
type memory struct {
	file *pgalloc.MemoryFile
}

func (m *memory) MemoryFile() *pgalloc.MemoryFile { return m.file }

// taskContext answers the few questions that tmpfs asks of a context, at
// about the price of a task's own switch statement.
type taskContext struct {
	context.Context
	clock *hostClock
	mem   *memory
	creds *auth.Credentials
	lims  *limits.LimitSet
	// The last inotify cookie handed out: renames want one, watched or not.
	cookie atomic.Uint32
}

func (c *taskContext) Value(key any) any {
	switch key {
	case ktime.CtxRealtimeClock:
		return c.clock
	case pgalloc.CtxMemoryFile:
		return c.mem.file
	case pgalloc.CtxMemoryFileProvider:
		return c.mem
	case auth.CtxCredentials:
		return c.creds
	case limits.CtxLimits:
		return c.lims
	case uniqueid.CtxInotifyCookie:
		return c.cookie.Add(1)
	}
	return c.Context.Value(key)
}

// world is one virtual filesystem with a tmpfs as its root.
type world struct {
	vfs   *vfs.VirtualFilesystem
	ctx   context.Context
	creds *auth.Credentials
	root  vfs.VirtualDentry
}

func newMemoryFile() (*pgalloc.MemoryFile, error) {
	const name = "vfsbench-gvisor"
	fd, err := memutil.CreateMemFD(name, 0)
	if err != nil {
		return nil, err
	}
	return pgalloc.NewMemoryFile(os.NewFile(uintptr(fd), name), pgalloc.MemoryFileOpts{})
}

func newWorld() (*world, error) {
	if err := usage.Init(); err != nil {
		return nil, err
	}
	file, err := newMemoryFile()
	if err != nil {
		return nil, fmt.Errorf("memory file: %w", err)
	}
	w := &world{vfs: &vfs.VirtualFilesystem{}}
	w.creds = auth.NewRootCredentials(auth.NewRootUserNamespace())
	w.ctx = &taskContext{
		Context: context.Background(),
		clock:   &hostClock{},
		mem:     &memory{file: file},
		creds:   w.creds,
		lims:    limits.NewLimitSet(),
	}
	if err := w.vfs.Init(w.ctx); err != nil {
		return nil, fmt.Errorf("vfs: %w", err)
	}
	w.vfs.MustRegisterFilesystemType(tmpfs.Name, tmpfs.FilesystemType{}, &vfs.RegisterFilesystemTypeOptions{
		AllowUserMount: true,
	})
	mntns, err := w.vfs.NewMountNamespace(w.ctx, w.creds, "", tmpfs.Name, &vfs.MountOptions{})
	if err != nil {
		return nil, fmt.Errorf("namespace: %w", err)
	}
	w.root = mntns.Root()
	w.ctx = vfs.WithMountNamespace(w.ctx, mntns)
	return w, nil
}

// at is what a system call does first: it turns a string into a path.
func (w *world) at(path string) vfs.PathOperation {
	return vfs.PathOperation{
		Root:               w.root,
		Start:              w.root,
		Path:               fspath.Parse(path),
		FollowFinalSymlink: true,
	}
}

// atLast is at for operations on the last name itself.
func (w *world) atLast(path string) vfs.PathOperation {
	return vfs.PathOperation{Root: w.root, Start: w.root, Path: fspath.Parse(path)}
}

func (w *world) stat(path string) error {
	pop := w.at(path)
	_, err := w.vfs.StatAt(w.ctx, w.creds, &pop, &vfs.StatOptions{Mask: linux.STATX_BASIC_STATS})
	return err
}

func (w *world) mkdir(path string) error {
	pop := w.atLast(path)
	return w.vfs.MkdirAt(w.ctx, w.creds, &pop, &vfs.MkdirOptions{Mode: 0755})
}

func (w *world) rmdir(path string) error {
	pop := w.atLast(path)
	return w.vfs.RmdirAt(w.ctx, w.creds, &pop)
}

func (w *world) mknod(path string) error {
	pop := w.atLast(path)
	return w.vfs.MknodAt(w.ctx, w.creds, &pop, &vfs.MknodOptions{Mode: linux.S_IFREG | 0644})
}

func (w *world) unlink(path string) error {
	pop := w.atLast(path)
	return w.vfs.UnlinkAt(w.ctx, w.creds, &pop)
}

func (w *world) rename(from, to string) error {
	oldpop, newpop := w.atLast(from), w.atLast(to)
	return w.vfs.RenameAt(w.ctx, w.creds, &oldpop, &newpop, &vfs.RenameOptions{})
}

func (w *world) open(path string, flags uint32) (*vfs.FileDescription, error) {
	pop := w.at(path)
	return w.vfs.OpenAt(w.ctx, w.creds, &pop, &vfs.OpenOptions{Flags: flags, Mode: linux.S_IFREG | 0644})
}

func (w *world) mount(path string) error {
	pop := w.at(path)
	_, err := w.vfs.MountAt(w.ctx, w.creds, "", &pop, tmpfs.Name, &vfs.MountOptions{})
	return err
}

func (w *world) umount(path string) error {
	pop := w.at(path)
	return w.vfs.UmountAt(w.ctx, w.creds, &pop, &vfs.UmountOptions{})
}
