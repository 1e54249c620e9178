// Linux system interfaces that Swift's Glibc module does not carry: epoll, io_uring, eventfd, accept4, crypt_r.
// Kept free of feature-test macros: those in a module map break debug and thread-sanitizer builds.
#ifndef TIKETI_CLINUX_H
#define TIKETI_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sockaddr;

// One readiness report. `token` is what was registered: descriptor in the low half, generation in the high half.
typedef struct {
    uint32_t events;
    uint64_t token;
} clinux_event;

enum {
    CLINUX_IN = 0x001,
    CLINUX_OUT = 0x004,
    CLINUX_ERR = 0x008,
    CLINUX_HUP = 0x010,
    CLINUX_RDHUP = 0x2000,
};

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token);
int clinux_epoll_remove(int epoll, int fd);
// Waits at most `timeout_ns` nanoseconds (negative: no limit); returns the number of events or -errno.
int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int64_t timeout_ns);

int clinux_eventfd(void);
int clinux_accept4(int listener, struct sockaddr *address, unsigned int *length);
void clinux_set_thread_name(const char *name);

// A queue of system calls that the kernel carries out together (io_uring). Used by the thread that created it only.
typedef struct clinux_ring clinux_ring;
// Room for `entries` sends at once, a power of two; null when the kernel has no io_uring or forbids it (containers often do).
clinux_ring *clinux_ring_create(unsigned entries);
void clinux_ring_destroy(clinux_ring *ring);
// Sends the same bytes over each of the connected sockets, none of which is waited for: `results` are bytes taken, or -errno.
// Without a ring each is a system call of its own. Returns 0, or -errno when the ring is broken; results it did not give are
// -ECANCELED then.
int clinux_send_each(clinux_ring *ring, const int32_t *sockets, int32_t *results, unsigned count, const void *bytes, size_t length);

// The event loop that owns the calling thread (opaque), or null.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

// Up to `count` bytes of getrandom(2); -errno on failure.
ssize_t clinux_random(void *target, size_t count);

// Nanoseconds of CLOCK_MONOTONIC and microseconds of CLOCK_REALTIME.
uint64_t clinux_monotonic_ns(void);
int64_t clinux_realtime_us(void);

// bcrypt through libxcrypt's re-entrant call. `output` holds at least 128 bytes. Returns 0, or -1 when refused.
int clinux_crypt(const char *phrase, const char *setting, char *output, size_t capacity);

#endif
