/*
 * scenario.h - a change of mounts and its reverse, and what readers may see of it, gone through at every
 * instruction.
 *
 * A scenario has places that are one thing before the change and another (or the same) after. In the first
 * kind of test the change is stepped through, and all places are looked at in between: each is what it was
 * before or what it is after, and does not go back; and where the change is one (a move, unlike what
 * propagates), all places turn at once. In the second kind a look is stepped through, and the change
 * happens in its middle, as well as the change and its reverse. A look is a stat; in the third kind it is
 * an open, which takes references: then an eager unmount may be refused, and if it is not, what was opened
 * is not what went.
 *
 * Where a reader would wait for the change to end, nothing is seen. Nothing changes while a look holds a
 * lock. Each of the two operations has memory of its own, since one may be interrupted in the middle of
 * allocating.
 */
#ifndef TESTS_THREADS_SCENARIO_H
#define TESTS_THREADS_SCENARIO_H

#include <stdbool.h>

#include "tests/threads/race.h"

#define SCENARIO_PLACES 8

enum scenario_question { SIZE, WRITABLE, NAME };

struct scenario_place {
        const char *path;
        long ids[2]; /* what is seen in the state before and after, or a negative errno */
        /* The file's size, access for writing, or the length of the inner directory's name. */
        enum scenario_question question;
        bool inside; /* path begins at the inner directory */
        bool deep;   /* crosses several mounts: only a look that nothing meets is of one state */
};

/* A place, for the list of a scenario; with whatever else is not 0. */
#define AT(path_, before_, after_)                             \
        {                                                      \
                .path = (path_), .ids = {(before_), (after_) } \
        }
#define AT_BUT(path_, before_, after_, ...)                                  \
        {                                                                    \
                .path = (path_), .ids = { (before_), (after_) }, __VA_ARGS__ \
        }

struct scenario {
        void (*prepare)(void);
        int (*change)(void);
        int (*undo)(void);
        struct scenario_place places[SCENARIO_PLACES];
        bool apart;  /* the places may turn one after the other */
        bool writes; /* what is opened is opened for writing */
};

/* The world of a test: an instance with one namespace. */
extern struct race race;
extern struct vfs_ctx reader;   /* who looks */
extern struct vfs_ctx task;     /* who changes */
extern struct vfs_path inner;   /* the inner directory; referenced, if the scenario has one */
extern struct vfs_mntns *other; /* referenced, if the scenario has a second namespace */

void scenario_setup(void);
void scenario_teardown(void);

/* All of the first two kinds; and of the third, at the first place. lazy: what is open may be unmounted. */
void scenario_run(const struct scenario *s);
void scenario_run_with_opens(const struct scenario *s, bool lazy);
/*
 * For a change that cannot be undone from where the reader is: undo makes everything anew and sets
 * inner, the change takes it away, and the first place is looked at from inside.
 */
void scenario_run_from_inside(const struct scenario *s);

/* Makes what scenarios need; everything must succeed. id: a file "id" of that size. */
void make_id(const char *dir, int64_t size);
void make_dir(const char *path, int64_t size);
void make_tmpfs(const char *path, int64_t size);
void must(int r);
int bind_on(const char *from, const char *to);

#endif
