/*
 * sys_cred.c - user and group ids, capabilities: credentials(7), capabilities(7).
 *
 * They exist in the supervisor only (cred.h). Each change makes new credentials for the
 * calling thread, as in Linux.
 */
#include <stdlib.h>
#include <sys/prctl.h>

#include "tools/vfsrun/sys.h"
#include "tools/vfsrun/task.h"

#define CAP_SETGID_BIT 6u
#define CAP_SETUID_BIT 7u
#define CAP_SETPCAP_BIT 8u
#define KEEP UINT32_MAX
#define SECBIT_KEEP_CAPS 16u

/* Takes over c->task's new credentials, or frees them. */
static int64_t commit(struct call *c, struct cred *n, int64_t r)
{
        if (r == 0)
                r = cred_seal(n);
        if (r < 0) {
                cred_put(n);
                return r;
        }
        task_set_cred(c->task, n);
        return 0;
}

int64_t sys_getuid(struct call *c)
{
        return c->task->cred->uid[ID_REAL];
}

int64_t sys_geteuid(struct call *c)
{
        return c->task->cred->uid[ID_EFFECTIVE];
}

int64_t sys_getgid(struct call *c)
{
        return c->task->cred->gid[ID_REAL];
}

int64_t sys_getegid(struct call *c)
{
        return c->task->cred->gid[ID_EFFECTIVE];
}

static int64_t get3(struct call *c, const uint32_t id[4])
{
        for (int i = 0; i < 3; i++)
                if (mem_write(c->task, c->a[i], &id[i], sizeof(*id)) < 0)
                        return -EFAULT;
        return 0;
}

int64_t sys_getresuid(struct call *c)
{
        return get3(c, c->task->cred->uid);
}

int64_t sys_getresgid(struct call *c)
{
        return get3(c, c->task->cred->gid);
}

static int is_one_of(uint32_t id, const uint32_t old[4], int with_saved)
{
        return id == old[ID_REAL] || id == old[ID_EFFECTIVE] || (with_saved && id == old[ID_SAVED]);
}

/* setres[ug]id on ids; privileged: may be anything. */
static int64_t set_res(const uint32_t old[4], uint32_t id[4], const uint32_t want[3], int privileged)
{
        for (int i = 0; i < 3; i++)
                if (want[i] != KEEP && !privileged && !is_one_of(want[i], old, 1))
                        return -EPERM;
        for (int i = 0; i < 3; i++)
                if (want[i] != KEEP)
                        id[i] = want[i];
        id[ID_FS] = id[ID_EFFECTIVE];
        return 0;
}

static int64_t set_re(const uint32_t old[4], uint32_t id[4], uint32_t real, uint32_t effective,
                      int privileged)
{
        if (real != KEEP && !privileged && real != old[ID_REAL] && real != old[ID_EFFECTIVE])
                return -EPERM;
        if (effective != KEEP && !privileged && !is_one_of(effective, old, 1))
                return -EPERM;
        if (real != KEEP)
                id[ID_REAL] = real;
        if (effective != KEEP)
                id[ID_EFFECTIVE] = effective;
        if (real != KEEP || (effective != KEEP && effective != old[ID_REAL]))
                id[ID_SAVED] = id[ID_EFFECTIVE];
        id[ID_FS] = id[ID_EFFECTIVE];
        return 0;
}

static int64_t set_one(const uint32_t old[4], uint32_t id[4], uint32_t want, int privileged)
{
        if (want == KEEP)
                return -EINVAL;
        if (privileged)
                id[ID_REAL] = id[ID_SAVED] = want;
        else if (want != old[ID_REAL] && want != old[ID_SAVED])
                return -EPERM;
        id[ID_EFFECTIVE] = id[ID_FS] = want;
        return 0;
}

/* What the three kinds of change have in common; how: which one. */
enum how { ONE, RE, RES };

static int64_t change(struct call *c, enum how how, int group)
{
        const struct cred *old = c->task->cred;
        struct cred *n = cred_copy(old, old->ngroups);
        const uint32_t want[3] = { (uint32_t)c->a[0], (uint32_t)c->a[1], (uint32_t)c->a[2] };
        const uint32_t *before = group ? old->gid : old->uid;
        int privileged = cred_capable(old, group ? CAP_SETGID_BIT : CAP_SETUID_BIT);
        uint32_t *id;
        int64_t r;

        if (!n)
                return -ENOMEM;
        id = group ? n->gid : n->uid;
        if (how == ONE)
                r = set_one(before, id, want[0], privileged);
        else if (how == RE)
                r = set_re(before, id, want[0], want[1], privileged);
        else
                r = set_res(before, id, want, privileged);
        if (r == 0 && !group)
                cred_fix_caps(old, n);
        return commit(c, n, r);
}

int64_t sys_setuid(struct call *c)
{
        return change(c, ONE, 0);
}

int64_t sys_setgid(struct call *c)
{
        return change(c, ONE, 1);
}

int64_t sys_setreuid(struct call *c)
{
        return change(c, RE, 0);
}

int64_t sys_setregid(struct call *c)
{
        return change(c, RE, 1);
}

int64_t sys_setresuid(struct call *c)
{
        return change(c, RES, 0);
}

int64_t sys_setresgid(struct call *c)
{
        return change(c, RES, 1);
}

/* setfs[ug]id return the old id, whatever happens. */
static int64_t set_fs(struct call *c, int group)
{
        const struct cred *old = c->task->cred;
        const uint32_t *before = group ? old->gid : old->uid;
        uint32_t was = before[ID_FS], want = (uint32_t)c->a[0];
        struct cred *n;

        if (want == KEEP || (!is_one_of(want, before, 1) && want != was &&
                             !cred_capable(old, group ? CAP_SETGID_BIT : CAP_SETUID_BIT)))
                return was;
        n = cred_copy(old, old->ngroups);
        if (!n)
                return was;
        (group ? n->gid : n->uid)[ID_FS] = want;
        if (!group)
                cred_fix_fs_caps(old, n);
        commit(c, n, 0);
        return was;
}

int64_t sys_setfsuid(struct call *c)
{
        return set_fs(c, 0);
}

int64_t sys_setfsgid(struct call *c)
{
        return set_fs(c, 1);
}

int64_t sys_getgroups(struct call *c)
{
        const struct cred *cred = c->task->cred;
        int size = (int)c->a[0];

        if (size < 0 || (size && (uint32_t)size < cred->ngroups))
                return -EINVAL;
        if (size && mem_write(c->task, c->a[1], cred->groups, cred->ngroups * sizeof(cred->groups[0])) < 0)
                return -EFAULT;
        return cred->ngroups;
}

int64_t sys_setgroups(struct call *c)
{
        uint32_t n = (uint32_t)c->a[0];
        struct cred *cred;

        if (!cred_capable(c->task->cred, CAP_SETGID_BIT))
                return -EPERM;
        if (n > 65536)
                return -EINVAL;
        cred = cred_copy(c->task->cred, n);
        if (!cred)
                return -ENOMEM;
        return commit(c, cred, mem_read(c->task, c->a[1], cred->groups, n * sizeof(cred->groups[0])));
}

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_2 0x20071026u
#define CAP_VERSION_3 0x20080522u

struct cap_header {
        uint32_t version;
        int32_t pid;
};
struct cap_data {
        uint32_t effective, permitted, inheritable;
};

/* The version's number of words; an unknown one is answered with the best. */
static int64_t cap_words(struct call *c, struct cap_header *h)
{
        const uint32_t best = CAP_VERSION_3;

        if (mem_read(c->task, c->a[0], h, sizeof(*h)) < 0)
                return -EFAULT;
        if (h->version == CAP_VERSION_1)
                return 1;
        if (h->version == CAP_VERSION_2 || h->version == CAP_VERSION_3)
                return 2;
        if (mem_write(c->task, c->a[0], &best, sizeof(best)) < 0)
                return -EFAULT;
        return -EINVAL;
}

/* Of another process: not served but for the caller itself, ESRCH. */
int64_t sys_capget(struct call *c)
{
        const struct cred *cred = c->task->cred;
        struct cap_data data[2];
        struct cap_header h;
        int64_t n = cap_words(c, &h);

        if (n < 0)
                return n == -EINVAL && !c->a[1] ? 0 : n;
        if (h.pid < 0)
                return -EINVAL;
        if (!c->a[1])
                return 0;
        for (int i = 0; i < 2; i++)
                data[i] = (struct cap_data){ (uint32_t)(cred->effective >> 32 * i),
                                             (uint32_t)(cred->permitted >> 32 * i),
                                             (uint32_t)(cred->inheritable >> 32 * i) };
        return mem_write(c->task, c->a[1], data, (size_t)n * sizeof(data[0]));
}

int64_t sys_capset(struct call *c)
{
        const struct cred *old = c->task->cred;
        struct cap_data data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
        struct cap_header h;
        struct cred *n;
        int64_t words = cap_words(c, &h), r = 0;

        if (words < 0)
                return words;
        if (mem_read(c->task, c->a[1], data, (size_t)words * sizeof(data[0])) < 0)
                return -EFAULT;
        n = cred_copy(old, old->ngroups);
        if (!n)
                return -ENOMEM;
        n->effective = (data[0].effective | (uint64_t)data[1].effective << 32) & VFS_CAP_ALL;
        n->permitted = (data[0].permitted | (uint64_t)data[1].permitted << 32) & VFS_CAP_ALL;
        n->inheritable = (data[0].inheritable | (uint64_t)data[1].inheritable << 32) & VFS_CAP_ALL;
        if ((!cred_capable(old, CAP_SETPCAP_BIT) &&
             (n->inheritable & ~(old->inheritable | old->permitted))) ||
            (n->inheritable & ~(old->inheritable | old->bounding)) || (n->permitted & ~old->permitted) ||
            (n->effective & ~n->permitted))
                r = -EPERM;
        n->ambient &= n->permitted & n->inheritable;
        return commit(c, n, r);
}

/* PR_CAP_AMBIENT. */
static int64_t ambient(struct call *c, struct cred *n)
{
        uint64_t bit = c->a[2] < 41 ? 1ull << c->a[2] : 0;

        switch (c->a[1]) {
        case PR_CAP_AMBIENT_CLEAR_ALL:
                n->ambient = 0;
                return 0;
        case PR_CAP_AMBIENT_RAISE:
                if (!bit)
                        return -EINVAL;
                if (!(n->permitted & n->inheritable & bit))
                        return -EPERM;
                n->ambient |= bit;
                return 0;
        case PR_CAP_AMBIENT_LOWER:
                n->ambient &= ~bit;
                return bit ? 0 : -EINVAL;
        default:
                return -EINVAL;
        }
}

int64_t sys_prctl(struct call *c)
{
        const struct cred *old = c->task->cred;
        struct cred *n;
        int64_t r = 0;

        switch ((int)c->a[0]) {
        case PR_GET_KEEPCAPS:
                return (old->securebits & SECBIT_KEEP_CAPS) != 0;
        case PR_GET_SECUREBITS:
                return old->securebits;
        case PR_CAPBSET_READ:
                return c->a[1] < 41 ? (int64_t)((old->bounding >> c->a[1]) & 1) : -EINVAL;
        case PR_CAP_AMBIENT:
                if (c->a[1] == PR_CAP_AMBIENT_IS_SET)
                        return c->a[2] < 41 ? (int64_t)((old->ambient >> c->a[2]) & 1) : -EINVAL;
                break;
        default:
                break;
        }
        n = cred_copy(old, old->ngroups);
        if (!n)
                return -ENOMEM;
        switch ((int)c->a[0]) {
        case PR_SET_KEEPCAPS:
                n->securebits = (n->securebits & ~SECBIT_KEEP_CAPS) | (c->a[1] ? SECBIT_KEEP_CAPS : 0);
                r = c->a[1] > 1 ? -EINVAL : 0;
                break;
        case PR_SET_SECUREBITS:
                n->securebits = (uint32_t)c->a[1];
                r = cred_capable(old, CAP_SETPCAP_BIT) ? 0 : -EPERM;
                break;
        case PR_CAPBSET_DROP:
                r = !cred_capable(old, CAP_SETPCAP_BIT) ? -EPERM : c->a[1] < 41 ? 0 : -EINVAL;
                if (r == 0)
                        n->bounding &= ~(1ull << c->a[1]);
                break;
        default:
                r = ambient(c, n);
                break;
        }
        return commit(c, n, r);
}
