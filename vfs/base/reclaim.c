/*
 * reclaim.c - deferred frees: two generations and the epoch.
 *
 * Why three epochs: an object enters the limbo after the last pointer to it was
 * removed, and its generation is closed at epoch c. The epoch moves from c + 1 to
 * c + 2 only when every open section began at c + 1 or later, that is after the
 * closing, so that none of them can have found the object. Concurrency Kit itself
 * counts with one epoch more, and so does this: a generation is free at c + 3.
 * Differences are taken in 32 bits, so that the epoch may wrap.
 *
 * Every 64th addition tries to move the epoch, three steps at most: with no
 * section open it moves at once, and one limbo then holds 128 objects at most.
 * A section that stays open holds up at most what is unlinked meanwhile.
 */
#include "vfs/base/reclaim.h"

#include "vfs/base/check.h"

#define VFS_LIMBO_GENERATION 64u /* objects that are worth a look at the epoch */
#define VFS_LIMBO_EPOCHS 3u

/* Calls the chain's frees, at most max of them (0: all); returns how many, and the rest. */
static size_t vfs_limbo_free_chain(struct vfs_deferred *chain, void *owner, size_t max,
                                   struct vfs_deferred **ret_rest)
{
        struct vfs_deferred *next;
        size_t n = 0;

        for (; chain != NULL && (max == 0 || n < max); chain = next, n++) {
                next = chain->next;
                chain->free(chain, owner);
        }
        *ret_rest = chain;
        return n;
}

/* Takes the old generation out if it is due, and closes the current one if it may take its place. Lock held. */
static struct vfs_deferred *vfs_limbo_turn_locked(struct vfs_limbo *limbo, struct vfs_thread *t)
{
        struct vfs_deferred *due = NULL;
        uint32_t epoch, before;

        epoch = vfs_epoch_advance(t);
        if (limbo->old == NULL) {
                vfs_store_relaxed(&limbo->old, limbo->current);
                limbo->closed = epoch;
                vfs_store_relaxed(&limbo->current, NULL);
                limbo->count = 0;
        }
        if (limbo->old == NULL)
                return NULL;
        do {
                if (epoch - limbo->closed >= VFS_LIMBO_EPOCHS) {
                        due = limbo->old;
                        vfs_store_relaxed(&limbo->old, limbo->current);
                        limbo->closed = epoch;
                        vfs_store_relaxed(&limbo->current, NULL);
                        limbo->count = 0;
                        break;
                }
                before = epoch;
                epoch = vfs_epoch_advance(t);
        } while (epoch != before);
        return due;
}

void vfs_limbo_add(struct vfs_limbo *limbo, struct vfs_deferred *d, void *owner)
{
        struct vfs_deferred *due = NULL;
        struct vfs_thread *t;

        vfs_mutex_lock(&limbo->lock, VFS_LOCK_LEAF);
        /* Atomic, since a late reader may still load what was here, and then finds out that it is not any more. */
        vfs_store_relaxed(&d->next, limbo->current);
        vfs_store_relaxed(&limbo->current, d);
        if (++limbo->count % VFS_LIMBO_GENERATION == 0) {
                /* Without memory for a record nothing can be said about the epoch: a later addition will do it. */
                t = vfs_thread_get();
                if (t != NULL)
                        due = vfs_limbo_turn_locked(limbo, t);
        }
        vfs_mutex_unlock(&limbo->lock, VFS_LOCK_LEAF);
        if (due != NULL) {
                vfs_epoch_acquire();
                vfs_limbo_free_chain(due, owner, 0, &due);
        }
}

size_t vfs_limbo_collect(struct vfs_limbo *limbo, void *owner, size_t max)
{
        struct vfs_thread *t = vfs_thread_get();
        struct vfs_deferred *due, *last;
        size_t n = 0, done;

        /* Most of many have nothing. What comes at this moment is found the next time. */
        if (t == NULL ||
            (vfs_load_relaxed(&limbo->current) == NULL && vfs_load_relaxed(&limbo->old) == NULL))
                return 0;
        do {
                vfs_mutex_lock(&limbo->lock, VFS_LOCK_LEAF);
                due = vfs_limbo_turn_locked(limbo, t);
                vfs_mutex_unlock(&limbo->lock, VFS_LOCK_LEAF);
                if (due == NULL)
                        break;
                vfs_epoch_acquire();
                done = vfs_limbo_free_chain(due, owner, max != 0 ? max - n : 0, &due);
                n += done;
        } while (max == 0 || n < max);
        if (due != NULL) {
                /* More than was asked for: they wait in the current generation, which costs them one more grace period. */
                for (last = due, done = 1; last->next != NULL; last = last->next)
                        done++;
                vfs_mutex_lock(&limbo->lock, VFS_LOCK_LEAF);
                last->next = limbo->current;
                vfs_store_relaxed(&limbo->current, due);
                limbo->count += (uint32_t)done;
                vfs_mutex_unlock(&limbo->lock, VFS_LOCK_LEAF);
        }
        return n;
}

size_t vfs_limbo_drain(struct vfs_limbo *limbo, void *owner)
{
        struct vfs_deferred *chain[2];
        size_t n = 0;

        vfs_epoch_acquire();
        for (;;) {
                vfs_mutex_lock(&limbo->lock, VFS_LOCK_LEAF);
                chain[0] = limbo->old;
                chain[1] = limbo->current;
                vfs_store_relaxed(&limbo->old, NULL);
                vfs_store_relaxed(&limbo->current, NULL);
                limbo->count = 0;
                vfs_mutex_unlock(&limbo->lock, VFS_LOCK_LEAF);
                if (chain[0] == NULL && chain[1] == NULL)
                        return n;
                n += vfs_limbo_free_chain(chain[0], owner, 0, &chain[0]);
                n += vfs_limbo_free_chain(chain[1], owner, 0, &chain[1]);
        }
}
