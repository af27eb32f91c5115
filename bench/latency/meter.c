/*
 * The instrument of `npm run bench:latency`. It stands outside the programs under test: it writes a report on a program's line, waits for
 * that program's supply line to fall, and tells the time between the two (CLOCK_MONOTONIC).
 *
 *   meter SUBJECT…    each a program under test:
 *     pty:SOCKET             a pseudo-terminal of the meter's own; the supply line is the first byte on a Unix socket that the program
 *                            connects to. Its requests are answered as a simulated unit answers them.
 *     tty:DEVICE,VALUE-FILE  the module's end of a serial line; the supply line is a simulated GPIO line: off when the file reads 0.
 *
 * Prints `scheduling fifo` or `scheduling other`, then each subject's device; after a line of input, `ready` once all are. Then for each `INDEX LINES GAP-US` on its input one line with that
 * many times in ns, or `lost AFTER-LINES` when no cut came within 5 s. A report is written only when the program has said `ready` on its socket, or
 * its supply line is on again, and GAP/2 to 3·GAP/2 µs later.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define MOST_SUBJECTS 16
#define PATIENCE_NS 5000000000LL
/* A program that starts, on a busy machine. */
#define START_NS 60000000000LL

struct subject {
  int line;
  int listening, socket; /* pty */
  int value;             /* tty; -1 on a pty */
  char inbox[16384];
  size_t size;
  int ready;
};
static struct subject subjects[MOST_SUBJECTS];

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* xorshift: the gaps are the same in every run, and not in step with anything. */
static unsigned draw(unsigned below) {
  static unsigned long long state = 88172645463325252ULL;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % below;
}

static void make_raw(int fd) {
  struct termios raw;
  if (tcgetattr(fd, &raw)) fail("tcgetattr");
  cfmakeraw(&raw);
  if (tcsetattr(fd, TCSANOW, &raw)) fail("tcsetattr");
}

static void open_pty(struct subject *u, const char *path) {
  int slave;
  char name[128];
  if (openpty(&u->line, &slave, name, 0, 0)) fail("openpty");
  make_raw(slave); /* stays open: the line must not hang up when nobody has it open */
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  u->listening = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(u->listening, (void *)&address, sizeof address) || listen(u->listening, 1)) fail(path);
  u->socket = u->value = -1;
  printf("%s\n", name);
}

static void open_tty(struct subject *u, char *paths) {
  char *value = strchr(paths, ',');
  if (!value) fail("tty:DEVICE,VALUE-FILE");
  *value++ = 0;
  if ((u->line = open(paths, O_RDWR | O_NOCTTY)) < 0) fail(paths);
  make_raw(u->line);
  if ((u->value = open(value, O_RDONLY)) < 0) fail(value);
  printf("%s\n", paths);
}

/* Takes what the program sent, answers requests, notes that it is ready. Returns 0 after `wait` ms without anything. */
static int take(struct subject *u, int wait) {
  struct pollfd p = {u->socket, POLLIN, 0};
  if (poll(&p, 1, wait) <= 0) return 0;
  if (u->size >= sizeof u->inbox - 1) u->size = 0;
  ssize_t got = recv(u->socket, u->inbox + u->size, sizeof u->inbox - 1 - u->size, 0);
  if (got <= 0) {
    fprintf(stderr, "meter: a program under test hung up\n");
    exit(3);
  }
  u->size += got;
  char *line = u->inbox, *end;
  while ((end = memchr(line, '\n', u->size - (line - u->inbox)))) {
    *end = 0;
    if (strstr(line, "ready")) u->ready = 1;
    char *id = strstr(line, "\"id\":");
    if (id) {
      char out[64];
      int length = snprintf(out, sizeof out, "{\"id\":%d,\"ok\":true}\n", atoi(id + 5));
      /* Some never read what they are answered. */
      send(u->socket, out, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    line = end + 1;
  }
  u->size -= line - u->inbox;
  memmove(u->inbox, line, u->size);
  return 1;
}

static int supply_on(struct subject *u) {
  char level;
  if (pread(u->value, &level, 1, 0) != 1) fail("GPIO value");
  return level == '1';
}

static int until_ready(struct subject *u, long long patience) {
  long long began = now();
  if (u->value >= 0) {
    while (!supply_on(u)) {
      if (now() - began > patience) return 0;
      usleep(500);
    }
    return 1;
  }
  while (!u->ready)
    if (!take(u, 100) && now() - began > patience) return 0;
  return 1;
}

/* The time of one report in ns; -1 when no cut came. */
static long long measure(struct subject *u, int number) {
  char report[64];
  int length = snprintf(report, sizeof report, "\r\n+QIND: \"FOTA\",\"UPDATING\",%d\r\n", number % 101);
  u->ready = 0;
  u->size = 0;
  long long written = now();
  if (write(u->line, report, length) != length) fail("write");
  if (u->value >= 0) {
    while (supply_on(u)) {
      if (now() - written > PATIENCE_NS) return -1;
      sched_yield(); /* the kernel's own workers may need this CPU */
    }
    return now() - written;
  }
  struct pollfd p = {u->socket, POLLIN, 0};
  if (poll(&p, 1, PATIENCE_NS / 1000000) <= 0) return -1;
  long long cut = now();
  take(u, 0);
  return cut - written;
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  int waits = argc > 1 && strncmp(argv[1], "pty:", 4) == 0;
  struct sched_param priority = {.sched_priority = 10};
  /* Otherwise it may have to wait for the very program that it measures to go to sleep. Not while it polls a GPIO line: it would starve others. */
  printf("scheduling %s\n", waits && sched_setscheduler(0, SCHED_FIFO, &priority) == 0 ? "fifo" : "other");
  for (int i = 1; i < argc && i <= MOST_SUBJECTS; i++) {
    if (strncmp(argv[i], "pty:", 4) == 0) open_pty(&subjects[i - 1], argv[i] + 4);
    else if (strncmp(argv[i], "tty:", 4) == 0) open_tty(&subjects[i - 1], argv[i] + 4);
    else fail(argv[i]);
  }
  /* All before the first is measured: what waits for an answer meanwhile would give up. */
  char order[128];
  if (!fgets(order, sizeof order, stdin)) return 0;
  for (int i = 0; i < argc - 1; i++) {
    struct subject *u = &subjects[i];
    if (u->value < 0 && (u->socket = accept(u->listening, 0, 0)) < 0) fail("accept");
    if (!until_ready(u, START_NS)) {
      fprintf(stderr, "meter: program %d is not ready after 60 s\n", i);
      return 3;
    }
  }
  printf("ready\n");
  while (fgets(order, sizeof order, stdin)) {
    int index, lines, gap;
    if (sscanf(order, "%d %d %d", &index, &lines, &gap) != 3 || index < 0 || index >= argc - 1 || gap < 2) fail(order);
    struct subject *u = &subjects[index];
    long long *times = calloc(lines, sizeof *times);
    int done = 0;
    for (; done < lines && until_ready(u, PATIENCE_NS); done++) {
      struct timespec pause = {0, (gap / 2 + draw(gap)) * 1000L};
      nanosleep(&pause, 0);
      if ((times[done] = measure(u, done)) < 0) break;
    }
    /* Its last requests are answered before another has its turn. */
    if (done < lines || !until_ready(u, PATIENCE_NS)) printf("lost %d\n", done);
    else
      for (int i = 0; i < lines; i++) printf("%lld%c", times[i], i + 1 < lines ? ' ' : '\n');
    free(times);
  }
  return 0;
}
