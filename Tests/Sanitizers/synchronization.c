// Tells the thread sanitizer what two parts of the toolchain's libraries do, which are not instrumented: the slow paths of
// Swift's Mutex, and continuations that are resumed before they are awaited. Without this, what a mutex guards counts as a
// race as soon as two threads meet at it, and so does what is passed through such a continuation.
//
// Loaded in front of those libraries by scripts/sanitizers.sh; into processes without the sanitizer as well, where it does
// nothing.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

static void acquire(void *address) {
  if (__tsan_acquire != NULL) __tsan_acquire(address);
}

static void release(void *address) {
  if (__tsan_release != NULL) __tsan_release(address);
}

#define SWIFT __attribute__((swiftcall))
#define ASYNC __attribute__((swiftasynccall))
#define SELF __attribute__((swift_context))

// Mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static SWIFT void (*real_lock)(uint32_t, SELF void *);
static SWIFT _Bool (*real_try_lock)(SELF void *);
static SWIFT void (*real_unlock)(SELF void *);

SWIFT void mutex_lock(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT _Bool mutex_try_lock(SELF void *handle) __asm__(TRY_LOCK);
SWIFT void mutex_unlock(SELF void *handle) __asm__(UNLOCK);

SWIFT void mutex_lock(uint32_t thread, SELF void *handle) {
  real_lock(thread, handle);
  acquire(handle);
}

SWIFT _Bool mutex_try_lock(SELF void *handle) {
  _Bool is_locked = real_try_lock(handle);
  if (is_locked) acquire(handle);
  return is_locked;
}

SWIFT void mutex_unlock(SELF void *handle) {
  release(handle);
  real_unlock(handle);
}

// Continuations, of which a task has one at a time

static SWIFT void *(*current_task)(void);
static SWIFT void (*real_resume)(void *);
static SWIFT void (*real_throwing_resume)(void *);
static SWIFT void (*real_resume_with_error)(void *, void *);
static ASYNC void (*real_await)(void *);

SWIFT void swift_continuation_resume(void *task) {
  release(task);
  real_resume(task);
}

SWIFT void swift_continuation_throwingResume(void *task) {
  release(task);
  real_throwing_resume(task);
}

SWIFT void swift_continuation_throwingResumeWithError(void *task, void *error) {
  release(task);
  real_resume_with_error(task, error);
}

ASYNC void swift_continuation_await(void *context) {
  acquire(current_task());
  __attribute__((musttail)) return real_await(context);
}

__attribute__((constructor)) static void find(void) {
  *(void **)&real_lock = dlsym(RTLD_NEXT, LOCK);
  *(void **)&real_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
  *(void **)&real_unlock = dlsym(RTLD_NEXT, UNLOCK);
  *(void **)&current_task = dlsym(RTLD_DEFAULT, "swift_task_getCurrent");
  *(void **)&real_resume = dlsym(RTLD_NEXT, "swift_continuation_resume");
  *(void **)&real_throwing_resume = dlsym(RTLD_NEXT, "swift_continuation_throwingResume");
  *(void **)&real_resume_with_error = dlsym(RTLD_NEXT, "swift_continuation_throwingResumeWithError");
  *(void **)&real_await = dlsym(RTLD_NEXT, "swift_continuation_await");
}
