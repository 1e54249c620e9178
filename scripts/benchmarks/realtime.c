// The load of `scripts/bench realtime`: many raw Socket.IO clients on one thread, costing little beside the server.
//
//   realtime PORT CLIENTS SLOW RATE SECONDS BYTES
//
// CLIENTS connect over WebSocket and join one room; SLOW of them stop reading then. With a RATE one more client publishes RATE events a
// second to the room for SECONDS, each carrying its time and BYTES of padding; without one everybody is idle. Prints "ready" when all are
// joined, waits for a line on standard input, runs, and prints one line of JSON. Clients answer heartbeats throughout.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTING, UPGRADING, OPENING, NAMESPACE, JOINING, READY };
enum { PADDING = 8192, KEEP = PADDING + 1024 };

struct client {
    int fd, state, slow, kept;
    uint8_t keep[KEEP];
};

static int port, count, slow_count, epoll;
static struct client *clients;
static int ready, opened, closed, slow_closed;
static uint32_t *latencies;
static size_t deliveries, capacity;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

// A masked text frame; the key is zero, which masks nothing: the server does the same work for any key but the unmasking of a few bytes.
static void say(struct client *c, const char *text) {
    uint8_t frame[KEEP];
    size_t length = strlen(text), head = 6;
    frame[0] = 0x81;
    if (length < 126) {
        frame[1] = 0x80 | length;
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = length >> 8;
        frame[3] = length & 255;
        head = 8;
    }
    memset(frame + head - 4, 0, 4);
    memcpy(frame + head, text, length);
    if (send(c->fd, frame, head + length, MSG_NOSIGNAL) < 0 && errno != EAGAIN) c->state = -1;
}

static void begin(struct client *c, int index) {
    int one = 1, small = 4096;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->slow) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // Several source addresses of the loopback net: the ports of one would run out.
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
    from.sin_addr.s_addr = htonl(0x7f000002 + index % 8);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(c->fd, (void *)&from, sizeof from) < 0) die("bind");
    if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void upgrade(struct client *c) {
    static const char request[] =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL);
    c->state = UPGRADING;
}

static void message(struct client *c, const uint8_t *text, size_t length) {
    if (length == 1 && text[0] == '2') return say(c, "3");
    switch (c->state) {
    case OPENING:
        say(c, "40");
        c->state = NAMESPACE;
        break;
    case NAMESPACE:
        if (length > 2 && text[1] == '0') {
            say(c, "420[\"join\",\"hall\"]");
            c->state = JOINING;
        }
        break;
    case JOINING:
        if (length > 2 && text[1] == '3') {
            c->state = READY;
            ready++;
            if (c->slow) epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &(struct epoll_event){.events = EPOLLRDHUP, .data.ptr = c});
        }
        break;
    case READY: {
        const uint8_t *at = memmem(text, length, "\"t\":", 4);
        if (!at) break;
        uint64_t sent = strtoull((const char *)at + 4, NULL, 10);
        if (deliveries < capacity) latencies[deliveries] = (now() - sent) / 1000;
        deliveries++;
    }
    }
}

// Takes whole frames; returns the bytes used.
static size_t frames(struct client *c, uint8_t *bytes, size_t length) {
    size_t used = 0;
    while (length - used >= 2) {
        uint8_t *frame = bytes + used;
        size_t size = frame[1] & 127, head = 2;
        if (size == 126) {
            if (length - used < 4) break;
            size = (size_t)frame[2] << 8 | frame[3];
            head = 4;
        }
        if (length - used < head + size) break;
        if ((frame[0] & 15) == 8) c->state = -1;
        if ((frame[0] & 15) == 1) message(c, frame + head, size);
        used += head + size;
    }
    return used;
}

static void end(struct client *c) {
    if (c->fd < 0) return;
    if (c->state == READY) ready--;
    if (c->slow) slow_closed++; else closed++;
    close(c->fd);
    c->fd = -1;
}

static void input(struct client *c) {
    static uint8_t buffer[1 << 18];
    while (c->fd >= 0 && !(c->slow && c->state == READY)) {
        memcpy(buffer, c->keep, c->kept);
        ssize_t got = recv(c->fd, buffer + c->kept, sizeof buffer - 1 - c->kept, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return end(c);
        size_t length = c->kept + got, used = 0;
        buffer[length] = 0;
        if (c->state == UPGRADING) {
            uint8_t *head = memmem(buffer, length, "\r\n\r\n", 4);
            if (head) {
                if (memcmp(buffer, "HTTP/1.1 101", 12)) return end(c);
                used = head + 4 - buffer;
                c->state = OPENING;
                opened++;
            }
        }
        if (c->state != UPGRADING) used += frames(c, buffer + used, length - used);
        if (c->state < 0) return end(c);
        c->kept = length - used;
        if (c->kept > KEEP) { errno = EMSGSIZE; die("message"); }
        memcpy(c->keep, buffer + used, c->kept);
    }
}

static void turn(int milliseconds) {
    struct epoll_event events[512];
    int found = epoll_wait(epoll, events, 512, milliseconds);
    for (int i = 0; i < found; i++) {
        struct client *c = events[i].data.ptr;
        if (c->fd < 0) continue;
        if (c->state == CONNECTING && events[i].events & EPOLLOUT) upgrade(c);
        if (c->slow && c->state == READY) {
            if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) end(c);
        } else {
            input(c);
        }
    }
}

static int ascending(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double share(double part) {
    size_t known = deliveries < capacity ? deliveries : capacity;
    return known ? latencies[(size_t)(part * (known - 1))] / 1000.0 : 0;
}

int main(int argc, char **argv) {
    if (argc != 7) return fprintf(stderr, "usage: realtime PORT CLIENTS SLOW RATE SECONDS BYTES\n"), 64;
    port = atoi(argv[1]);
    count = atoi(argv[2]);
    slow_count = atoi(argv[3]);
    double rate = atof(argv[4]), seconds = atof(argv[5]);
    int padding = atoi(argv[6]);
    if (padding > PADDING) return 64;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    epoll = epoll_create1(0);
    clients = calloc(count + 1, sizeof *clients);
    capacity = rate > 0 ? (size_t)(rate * seconds * (count - slow_count) * 1.1) + 1 : 1;
    latencies = malloc(capacity * sizeof *latencies);
    // In small groups, so that the server's queue of new connections never overflows.
    for (int i = 0; i < count; i++) {
        clients[i].slow = i < slow_count;
        begin(&clients[i], i);
        while (i + 1 - ready > 64) turn(100);
    }
    while (ready < count) {
        turn(100);
        if (closed + slow_closed) { fprintf(stderr, "%d connections were refused\n", closed + slow_closed); return 1; }
    }
    struct client *publisher = &clients[count];
    if (rate > 0) {
        begin(publisher, count);
        while (publisher->state < NAMESPACE) turn(10);
        // It is in no room.
        publisher->state = READY;
        for (uint64_t until = now() + 100000000; now() < until;) turn(10);
    }
    printf("ready\n");
    fflush(stdout);
    fcntl(0, F_SETFL, O_NONBLOCK);
    char line[16];
    while (read(0, line, sizeof line) < 0) turn(20);

    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    uint64_t start = now(), next = start, step = rate > 0 ? (uint64_t)(1e9 / rate) : 0, stop = start + (uint64_t)(seconds * 1e9);
    size_t published = 0, wanted;
    while (now() < stop) {
        while (step && next <= now()) {
            static char event[KEEP - 16], pad[PADDING + 1];
            memset(pad, 'x', padding);
            snprintf(event, sizeof event,
                "42[\"publish\",\"hall\",\"seat-reserved\",{\"seatId\":\"00000000-0000-4000-8000-000000000000\",\"userId\":null,"
                "\"eventId\":\"00000000-0000-4000-8000-000000000001\",\"status\":\"locked\",\"version\":1,\"t\":%llu,\"pad\":\"%s\"}]",
                (unsigned long long)now(), pad);
            say(publisher, event);
            published++;
            next += step;
        }
        turn(step ? 1 : 100);
    }
    wanted = published * (count - slow_count);
    for (uint64_t until = now() + 5000000000u; deliveries < wanted && now() < until;) turn(20);
    double took = (now() - start) / 1e9;
    getrusage(RUSAGE_SELF, &after);
    double cpu = after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec +
        (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    qsort(latencies, deliveries < capacity ? deliveries : capacity, sizeof *latencies, ascending);
    printf("{\"published\":%zu,\"deliveries\":%zu,\"wanted\":%zu,\"seconds\":%.2f,\"clientCPU\":%.3f,"
         "\"p50\":%.2f,\"p99\":%.2f,\"worst\":%.2f,"
        "\"closed\":%d,\"slowClosed\":%d}\n", 
         published, deliveries, wanted, took, cpu, share(0.5), share(0.99), share(1), closed, slow_closed);
    return 0;
}
