// Many Socket.IO clients that follow one room, come back when they lose their server, and check that what they get has no gap and no
// duplicate.
//
//   followers CLIENTS PORT...
//
// Client i begins at port i modulo their number and goes to the next one whenever it lost its connection. Prints "ready" when all are in
// the room, and after a line on standard input with the last event's number, as soon as all have got that one or half a minute later, the
// JSON of what was seen. Events carry {"n":N}, counting from 1.
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

enum { AWAY, CONNECTING, UPGRADING, OPENING, NAMESPACE, JOINING, READY };
enum { ROOM = 4096 };

struct client {
    int fd, state, attempt, kept;
    long last;
    uint64_t due;
    char pid[32], offset[32];
    uint8_t keep[ROOM];
};

static int epoll, count, ports[16], port_count, ready;
static long events, gaps, duplicates, recovered, fresh, reconnects;
static struct client *clients;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void say(struct client *c, const char *text) {
    uint8_t frame[256];
    size_t length = strlen(text), head = length < 126 ? 6 : 8;
    frame[0] = 0x81;
    frame[1] = 0x80 | (length < 126 ? length : 126);
    if (length >= 126) {
        frame[2] = length >> 8;
        frame[3] = length & 255;
    }
    memset(frame + head - 4, 0, 4);
    memcpy(frame + head, text, length);
    send(c->fd, frame, head + length, MSG_NOSIGNAL);
}

static void lose(struct client *c) {
    if (c->fd >= 0) close(c->fd);
    if (c->state == READY) ready--;
    c->fd = -1;
    c->state = AWAY;
    c->kept = 0;
    // Like a stock client: not all at once.
    c->due = now() + 100 + rand() % 900;
}

static void begin(struct client *c, int index) {
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    from.sin_addr.s_addr = htonl(0x7f000002 + index % 8);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(ports[(index + c->attempt++) % port_count]);
    bind(c->fd, (void *)&from, sizeof from);
    c->state = CONNECTING;
    if (connect(c->fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS) return lose(c);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void upgrade(struct client *c) {
    static const char request[] =
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL);
    c->state = UPGRADING;
}

// Copies the text between `start` and the next quotation mark.
static int quoted(const char *text, const char *start, char *into, size_t size) {
    const char *at = strstr(text, start), *end;
    if (!at) return 0;
    at += strlen(start);
    end = strchr(at, '"');
    if (!end || (size_t)(end - at) >= size) return 0;
    memcpy(into, at, end - at);
    into[end - at] = 0;
    return 1;
}

static void event(struct client *c, char *text, size_t length) {
    const char *n = strstr(text, "\"n\":");
    if (n) {
        long number = atol(n + 4);
        events++;
        if (number <= c->last) duplicates++;
        if (number > c->last + 1 && c->last) gaps += number - c->last - 1;
        if (number > c->last) c->last = number;
    }
    if (length > 3 && text[length - 2] == '"') {
        char *end = text + length - 2, *start = end;
        while (start > text && start[-1] != '"') start--;
        if ((size_t)(end - start) < sizeof c->offset) {
            memcpy(c->offset, start, end - start);
            c->offset[end - start] = 0;
        }
    }
}

static void message(struct client *c, char *text, size_t length) {
    char answer[160], pid[32] = "";
    if (!strcmp(text, "2")) return say(c, "3");
    if (text[0] == '0') {
        if (c->offset[0]) snprintf(answer, sizeof answer, "40{\"pid\":\"%s\",\"offset\":\"%s\"}", c->pid, c->offset);
        else if (c->pid[0]) snprintf(answer, sizeof answer, "40{\"pid\":\"%s\"}", c->pid);
        else strcpy(answer, "40");
        say(c, answer);
        c->state = NAMESPACE;
    } else if (!strncmp(text, "40", 2)) {
        quoted(text, "\"pid\":\"", pid, sizeof pid);
        if (c->pid[0]) reconnects++;
        if (c->pid[0] && !strcmp(c->pid, pid)) {
            recovered++;
            c->state = READY;
            ready++;
        } else {
            if (c->pid[0]) fresh++;
            strcpy(c->pid, pid);
            say(c, "420[\"join\",\"hall\"]");
            c->state = JOINING;
        }
    } else if (!strncmp(text, "430", 3)) {
        c->state = READY;
        ready++;
    } else if (!strncmp(text, "42", 2)) {
        event(c, text, length);
    }
}

static void input(struct client *c) {
    static uint8_t buffer[1 << 20];
    static char text[ROOM];
    while (c->fd >= 0) {
        memcpy(buffer, c->keep, c->kept);
        ssize_t got = recv(c->fd, buffer + c->kept, sizeof buffer - 1 - c->kept, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return lose(c);
        size_t length = c->kept + got, used = 0;
        if (c->state == UPGRADING) {
            uint8_t *head = memmem(buffer, length, "\r\n\r\n", 4);
            if (head && memcmp(buffer, "HTTP/1.1 101", 12)) return lose(c);
            if (head) {
                used = head + 4 - buffer;
                c->state = OPENING;
            }
        }
        while (c->state > UPGRADING && length - used >= 2) {
            uint8_t *frame = buffer + used;
            size_t size = frame[1] & 127, head = size == 126 ? 4 : 2;
            if (length - used < head) break;
            if (size == 126) size = (size_t)frame[2] << 8 | frame[3];
            if (length - used < head + size) break;
            if ((frame[0] & 15) == 8 || size >= ROOM) return lose(c);
            memcpy(text, frame + head, size);
            text[size] = 0;
            message(c, text, size);
            used += head + size;
        }
        c->kept = length - used;
        memcpy(c->keep, buffer + used, c->kept);
    }
}

static void turn(void) {
    struct epoll_event found[512];
    int number = epoll_wait(epoll, found, 512, 20);
    for (int i = 0; i < number; i++) {
        struct client *c = found[i].data.ptr;
        if (c->fd < 0) continue;
        if (c->state == CONNECTING && found[i].events & (EPOLLERR | EPOLLHUP)) lose(c);
        else if (c->state == CONNECTING && found[i].events & EPOLLOUT) upgrade(c);
        else input(c);
    }
    uint64_t time = now();
    for (int i = 0; i < count; i++)
        if (clients[i].state == AWAY && clients[i].due && clients[i].due <= time) begin(&clients[i], i);
}

static int behind(long number) {
    for (int i = 0; i < count; i++)
        if (clients[i].last < number) return 1;
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    count = atoi(argv[1]);
    for (int i = 2; i < argc && port_count < 16; i++) ports[port_count++] = atoi(argv[i]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    epoll = epoll_create1(0);
    clients = calloc(count, sizeof *clients);
    for (int i = 0; i < count; i++) clients[i].fd = -1;
    for (int i = 0; i < count; i++) {
        begin(&clients[i], i);
        while (i + 1 - ready > 64) turn();
    }
    while (ready < count) turn();
    printf("ready\n");
    fflush(stdout);
    fcntl(0, F_SETFL, O_NONBLOCK);
    char line[16] = "";
    while (read(0, line, sizeof line - 1) < 0) turn();
    // What a client that was last to come back has missed comes before it is ready.
    for (uint64_t end = now() + 30000; (behind(atol(line)) || ready < count) && now() < end;) turn();
    long least = clients[0].last, most = clients[0].last;
    for (int i = 0; i < count; i++) {
        if (clients[i].last < least) least = clients[i].last;
        if (clients[i].last > most) most = clients[i].last;
    }
    printf("{\"ready\":%d,\"events\":%ld,\"gaps\":%ld,\"duplicates\":%ld,\"reconnects\":%ld,"
           "\"recovered\":%ld,\"fresh\":%ld,\"least\":%ld,\"most\":%ld}\n",
        ready, events, gaps, duplicates, reconnects, recovered, fresh, least, most);
    return 0;
}
