/* Sends each of many prepared HTTP/1.1 requests once over a fixed number of keep-alive connections, one at a time on each, as fast as
 * answers
   come, and prints how long answers took. A closed loop of clients that costs little beside the server on the same machine.

   usage: replay ADDRESS PORT CONNECTIONS FILE [SECONDS]
   FILE: for each request its length in decimal, a line end, and its bytes. Stops after SECONDS with requests left. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct request { const char *bytes; size_t length; };
struct connection { int descriptor; int64_t sent; char in[65536]; size_t have; };

static struct request *requests;
static size_t count, next_one, answered, statuses[600];
static double *latencies;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static char *load(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) fail(path);
    char *all = malloc(status.st_size + 1);
    for (off_t have = 0; have < status.st_size;) {
        ssize_t got = read(file, all + have, status.st_size - have);
        if (got <= 0) fail(path);
        have += got;
    }
    close(file);
    size_t room = 1024;
    requests = malloc(room * sizeof *requests);
    for (char *at = all, *end = all + status.st_size; at < end;) {
        char *line;
        size_t length = strtoul(at, &line, 10);
        if (*line != '\n' || line + 1 + length > end) exit(2);
        if (count == room) requests = realloc(requests, (room *= 2) * sizeof *requests);
        requests[count++] = (struct request){line + 1, length};
        at = line + 1 + length;
    }
    latencies = malloc(count * sizeof *latencies);
    return all;
}

static void send_next(struct connection *connection) {
    if (next_one == count) return;
    struct request request = requests[next_one++];
    connection->sent = now();
    /* A request fits the socket's buffer: nothing else is in it. */
    if (send(connection->descriptor, request.bytes, request.length, MSG_NOSIGNAL) != (ssize_t)request.length) fail("send");
}

/* The length of the whole answer at the start of `in`, 0 while its head is not complete. */
static size_t answer_length(struct connection *connection, int *status) {
    connection->in[connection->have] = 0;
    char *end = strstr(connection->in, "\r\n\r\n");
    if (!end) return 0;
    *status = atoi(connection->in + 9);
    char *field = strcasestr(connection->in, "\r\ncontent-length:");
    return (size_t)(end - connection->in) + 4 + (field && field < end ? strtoul(field + 17, NULL, 10) : 0);
}

static void receive(struct connection *connection) {
    for (;;) {
        ssize_t got = recv(connection->descriptor, connection->in + connection->have, sizeof connection->in - 1 - connection->have, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            fprintf(stderr, "the server closed a connection\n");
            exit(1);
        }
        connection->have += got;
        int status = 0;
        size_t length = answer_length(connection, &status);
        if (length == 0 || connection->have < length) continue;
        latencies[answered++] = (now() - connection->sent) / 1e6;
        if (status > 0 && status < 600) statuses[status]++;
        connection->have = 0;
        send_next(connection);
    }
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc < 5) return 2;
    int connections = atoi(argv[3]);
    load(argv[4]);
    double limit = argc > 5 ? atof(argv[5]) : 60;
    int poll = epoll_create1(0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &address.sin_addr);
    struct connection *all = calloc(connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        int one = 1, descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(descriptor, F_SETFL, O_NONBLOCK);
        all[i].descriptor = descriptor;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
    }
    int64_t start = now();
    for (int i = 0; i < connections; i++) send_next(&all[i]);
    while (answered < count && (now() - start) / 1e9 < limit) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll, events, 256, 1000);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    }
    double seconds = (now() - start) / 1e9;
    if (answered == 0) return 1;
    qsort(latencies, answered, sizeof *latencies, ascending);
    printf("{\"answered\":%zu,\"seconds\":%.3f,\"perSecond\":%.1f,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f,\"statuses\":{", answered, seconds,
           answered / seconds, latencies[answered / 2], latencies[answered * 99 / 100], latencies[answered - 1]);
    const char *comma = "";
    for (int status = 0; status < 600; status++)
        if (statuses[status]) printf("%s\"%d\":%zu", comma, status, statuses[status]), comma = ",";
    printf("}}\n");
    return 0;
}
