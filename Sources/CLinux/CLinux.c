#define _GNU_SOURCE
#include "CLinux.h"

#include <crypt.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, fd, &event) == 0 ? 0 : -errno;
}

int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, fd, events, token);
}

int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, fd, events, token);
}

int clinux_epoll_remove(int epoll, int fd) { return control(epoll, EPOLL_CTL_DEL, fd, 0, 0); }

int clinux_epoll_wait(int epoll, clinux_event *events, int capacity, int64_t timeout_ns) {
    enum { BATCH = 256 };
    struct epoll_event ready[BATCH];
    if (capacity > BATCH) capacity = BATCH;
    struct timespec limit = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    int count = epoll_pwait2(epoll, ready, capacity, timeout_ns < 0 ? NULL : &limit, NULL);
    if (count < 0 && errno == ENOSYS) {  // kernels before 5.11, and sandboxes that filter the newer call
        int milliseconds = timeout_ns < 0 ? -1 : (int)((timeout_ns + 999999) / 1000000);
        count = epoll_wait(epoll, ready, capacity, milliseconds);
    }
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        events[i].events = ready[i].events;
        events[i].token = ready[i].data.u64;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int clinux_accept4(int listener, struct sockaddr *address, unsigned int *length) {
    int fd = accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

void clinux_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

static _Thread_local void *current_loop;

void *clinux_current_loop(void) { return current_loop; }

void clinux_set_current_loop(void *loop) { current_loop = loop; }

ssize_t clinux_random(void *target, size_t count) {
    ssize_t filled = getrandom(target, count, 0);
    return filled >= 0 ? filled : -errno;
}

uint64_t clinux_monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t clinux_realtime_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int clinux_crypt(const char *phrase, const char *setting, char *output, size_t capacity) {
    struct crypt_data *data = calloc(1, sizeof *data);
    if (!data) return -1;
    char *result = crypt_r(phrase, setting, data);
    int status = -1;
    if (result && result[0] != '*' && strlen(result) < capacity) {
        strcpy(output, result);
        status = 0;
    }
    explicit_bzero(data, sizeof *data);
    free(data);
    return status;
}
