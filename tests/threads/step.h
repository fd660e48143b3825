/*
 * step.h - another thread at every point of an operation, without another thread: between
 * two instructions of the operation a function of the test is called, with the thread record
 * of a thread of its own. So of two operations all interleavings with one preemption are
 * gone through, and they come out the same every time.
 *
 * What is called must not wait for what the interrupted operation holds. On machines
 * other than x86-64, and under a sanitizer, STEP_POSSIBLE is 0 and nothing of this exists.
 */
#ifndef TESTS_THREADS_STEP_H
#define TESTS_THREADS_STEP_H

#ifdef __has_feature
#define STEP_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP_SANITIZED 1
#else
#define STEP_SANITIZED 0
#endif

#if defined(__x86_64__) && !STEP_SANITIZED
#define STEP_POSSIBLE 1
#else
#define STEP_POSSIBLE 0
#endif

typedef void step_fn(void *arg);

/*
 * For what is called in the middle of an operation: does look, and gives it up where it would wait for that.
 * Returns 0 then; look must hold nothing there but an epoch section.
 */
int step_try(step_fn *look, void *arg);

/* Runs op, and between behind each of its instructions. Returns how many there were. */
long step_through(step_fn *op, step_fn *between, void *arg);
/* Runs op, and notes its instructions for step_once_at. Returns how many there are. */
long step_record(step_fn *op, void *arg);
/*
 * Runs the recorded op again, and once in its middle, behind n instructions; up to there it must do the
 * same as it did. Much cheaper than to step. Returns 0 if it did not come there, or cannot be stopped
 * there.
 */
int step_once_at(step_fn *op, long n, step_fn *once, void *arg);

#endif
