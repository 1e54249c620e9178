// Sending over many sockets with one system call. The memory shared with the kernel and its order are described in io_uring(7).
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct clinux_ring {
    int fd;
    unsigned entries;
    // Both queues' heads, tails and completions lie in one piece, submissions in another.
    void *queues;
    size_t queues_size;
    struct io_uring_sqe *submissions;
    struct io_uring_cqe *completions;
    unsigned *submission_tail, *submission_array, submission_mask;
    unsigned *completion_head, *completion_tail, completion_mask;
};

static int setup(unsigned entries, struct io_uring_params *parameters) {
    // Completions are wanted only when they are asked for, by the one thread that submits; kernels before 6.0 know no such flags.
    memset(parameters, 0, sizeof *parameters);
    parameters->flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN;
    int fd = (int)syscall(__NR_io_uring_setup, entries, parameters);
    if (fd >= 0 || errno != EINVAL) return fd;
    memset(parameters, 0, sizeof *parameters);
    return (int)syscall(__NR_io_uring_setup, entries, parameters);
}

clinux_ring *clinux_ring_create(unsigned entries) {
    struct io_uring_params parameters;
    int fd = setup(entries, &parameters);
    if (fd < 0) return NULL;
    clinux_ring *ring = calloc(1, sizeof *ring);
    if (!ring || !(parameters.features & IORING_FEAT_SINGLE_MMAP)) goto failed;
    ring->fd = fd;
    ring->entries = parameters.sq_entries;
    size_t submissions = parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned);
    size_t completions = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
    ring->queues_size = submissions > completions ? submissions : completions;
    char *queues = mmap(NULL, ring->queues_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
    if (queues == MAP_FAILED) goto failed;
    ring->queues = queues;
    ring->submissions = mmap(
        NULL, ring->entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
    if (ring->submissions == MAP_FAILED) {
        munmap(queues, ring->queues_size);
        goto failed;
    }
    ring->submission_tail = (unsigned *)(queues + parameters.sq_off.tail);
    ring->submission_mask = *(unsigned *)(queues + parameters.sq_off.ring_mask);
    ring->submission_array = (unsigned *)(queues + parameters.sq_off.array);
    ring->completion_head = (unsigned *)(queues + parameters.cq_off.head);
    ring->completion_tail = (unsigned *)(queues + parameters.cq_off.tail);
    ring->completion_mask = *(unsigned *)(queues + parameters.cq_off.ring_mask);
    ring->completions = (struct io_uring_cqe *)(queues + parameters.cq_off.cqes);
    return ring;
failed:
    free(ring);
    close(fd);
    return NULL;
}

void clinux_ring_destroy(clinux_ring *ring) {
    munmap(ring->submissions, ring->entries * sizeof(struct io_uring_sqe));
    munmap(ring->queues, ring->queues_size);
    close(ring->fd);
    free(ring);
}

// Takes what is complete; returns how many.
static unsigned reap(clinux_ring *ring, int32_t *results) {
    unsigned head = *ring->completion_head, first = head;
    unsigned tail = __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE);
    for (; head != tail; head++) {
        const struct io_uring_cqe *completion = &ring->completions[head & ring->completion_mask];
        results[completion->user_data] = completion->res;
    }
    __atomic_store_n(ring->completion_head, head, __ATOMIC_RELEASE);
    return head - first;
}

// At most as many as the ring has entries; all are complete when this returns 0, because none may wait.
static int send_together(
    clinux_ring *ring, const int32_t *sockets, int32_t *results, unsigned count, const void *bytes, size_t length) {
    unsigned tail = *ring->submission_tail;
    for (unsigned i = 0; i < count; i++, tail++) {
        unsigned index = tail & ring->submission_mask;
        struct io_uring_sqe *submission = &ring->submissions[index];
        memset(submission, 0, sizeof *submission);
        submission->opcode = IORING_OP_SEND;
        submission->fd = sockets[i];
        submission->addr = (uintptr_t)bytes;
        submission->len = (unsigned)length;
        submission->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        submission->user_data = i;
        ring->submission_array[index] = index;
    }
    __atomic_store_n(ring->submission_tail, tail, __ATOMIC_RELEASE);
    unsigned submitted = 0, completed = 0;
    for (unsigned setbacks = 0; completed < count;) {
        unsigned left = count - submitted;
        long taken = syscall(__NR_io_uring_enter, ring->fd, left, count - completed, IORING_ENTER_GETEVENTS, NULL, 0);
        // The kernel may be short of memory for a moment.
        if (taken < 0 && ((errno != EINTR && errno != EAGAIN && errno != EBUSY) || ++setbacks > 1000)) return -errno;
        if (taken > 0) submitted += (unsigned)taken;
        completed += reap(ring, results);
    }
    return 0;
}

int clinux_send_each(clinux_ring *ring, const int32_t *sockets, int32_t *results, unsigned count, const void *bytes, size_t length) {
    if (!ring) {
        for (unsigned i = 0; i < count; i++) {
            ssize_t sent = send(sockets[i], bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
            results[i] = sent >= 0 ? (int32_t)sent : -errno;
        }
        return 0;
    }
    for (unsigned i = 0; i < count; i++) results[i] = -ECANCELED;
    for (unsigned done = 0; done < count;) {
        unsigned together = count - done < ring->entries ? count - done : ring->entries;
        int status = send_together(ring, sockets + done, results + done, together, bytes, length);
        if (status) return status;
        done += together;
    }
    return 0;
}
