// The least that a hub can do with a system call for each delivery, for `scripts/bench realtime`: answers the load program's clients with
// fixed bytes and sends each published event to all of them, one `send` for each, from one thread.
//
//   realtime-floor PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16384, LIMIT = 65536 };

static uint8_t state[LIMIT];
static int members[LIMIT], member_count;

static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static void frame(int fd, const char *text) {
    uint8_t bytes[PIECE] = {0x81};
    size_t length = strlen(text), head = 2;
    if (length < 126) {
        bytes[1] = length;
    } else {
        bytes[1] = 126;
        bytes[2] = length >> 8;
        bytes[3] = length & 255;
        head = 4;
    }
    memcpy(bytes + head, text, length);
    send(fd, bytes, head + length, MSG_NOSIGNAL);
}

// The publisher's frame without its mask, whose key is zero, and with the event's arguments alone, to all members.
static void publish(uint8_t *event, uint8_t *end) {
    static uint8_t bytes[PIECE];
    size_t length = end - event + 3, head = length < 126 ? 2 : 4;
    bytes[0] = 0x81;
    bytes[1] = length < 126 ? length : 126;
    if (head == 4) {
        bytes[2] = length >> 8;
        bytes[3] = length & 255;
    }
    memcpy(bytes + head, "42[", 3);
    memcpy(bytes + head + 3, event, end - event);
    for (int i = 0; i < member_count; i++) send(members[i], bytes, head + length, MSG_NOSIGNAL);
}

static void input(int fd) {
    static uint8_t bytes[PIECE + 1];
    ssize_t got = recv(fd, bytes, PIECE, 0);
    if (got <= 0) {
        if (got < 0 && errno == EAGAIN) return;
        for (int i = 0; i < member_count; i++)
            if (members[i] == fd) members[i] = members[--member_count];
        close(fd);
        return;
    }
    bytes[got] = 0;
    if (state[fd] == 0) {
        static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
        frame(fd, "0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}");
    } else if (state[fd] == 1) {
        frame(fd, "40{\"sid\":\"x\"}");
    } else if (memmem(bytes, got, "\"join\"", 6)) {
        members[member_count++] = fd;
        frame(fd, "430[]");
    } else {
        for (uint8_t *at = bytes, *rest = bytes + got; (at = memmem(at, rest - at, "\"hall\",", 7));) {
            uint8_t *end = memmem(at, rest - at, "}]", 2);
            if (!end) break;
            publish(at + 7, end + 2);
            at = end;
        }
    }
    if (state[fd] < 2) state[fd]++;
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "usage: realtime-floor PORT\n"), 64;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (void *)&address, sizeof address) < 0 || listen(listener, 1024) < 0) die("listen");
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.fd = listener});
    while (1) {
        struct epoll_event events[256];
        int found = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) {
                input(fd);
                continue;
            }
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                state[fd] = 0;
                epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
            }
        }
    }
}
