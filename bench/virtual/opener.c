/*
 * The floor of the openings that unplugs.mjs measures: waits for the ports of a USB interface, opens each as soon as its node is there, and says
 * how long after the node was made that was done (ms). It knows nothing else, and does nothing else.
 *
 *   opener 1-1:1.1
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static double ms(long long seconds, long long nanoseconds) { return seconds * 1e3 + nanoseconds / 1e6; }

/* Is it the port of that interface? Its device in sysfs lies in the interface's folder. */
static int wanted(const char *name, const char *interface) {
  char link[PATH_MAX], target[PATH_MAX];
  snprintf(link, sizeof link, "/sys/class/tty/%s/device", name);
  return realpath(link, target) && strstr(target, interface);
}

static void opened(const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "/dev/%s", name);
  int port = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
  struct termios raw;
  struct statx node;
  struct timespec now;
  if (port < 0) return;
  if (tcgetattr(port, &raw) == 0) {
    cfmakeraw(&raw);
    cfsetspeed(&raw, B115200);
    tcsetattr(port, TCSANOW, &raw);
  }
  clock_gettime(CLOCK_REALTIME, &now);
  if (statx(AT_FDCWD, path, 0, STATX_BTIME | STATX_CTIME, &node) == 0) {
    struct statx_timestamp made = node.stx_mask & STATX_BTIME ? node.stx_btime : node.stx_ctime;
    printf("%.2f\n", ms(now.tv_sec, now.tv_nsec) - ms(made.tv_sec, made.tv_nsec));
    fflush(stdout);
  }
  close(port);
}

int main(int argc, char **argv) {
  char events[65536];
  int watch = inotify_init();
  if (argc != 2 || watch < 0 || inotify_add_watch(watch, "/dev", IN_CREATE) < 0) return 2;
  for (;;) {
    ssize_t size = read(watch, events, sizeof events);
    if (size <= 0) return 1;
    for (char *at = events; at < events + size;) {
      struct inotify_event *event = (struct inotify_event *)at;
      at += sizeof *event + event->len;
      if (event->len && !strncmp(event->name, "ttyUSB", 6) && wanted(event->name, argv[1])) opened(event->name);
    }
  }
}
