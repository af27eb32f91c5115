// upload DEVICE NAME FILE: deletes NAME on UFS, then one AT+QFUPL as quick as it goes. Prints the nanoseconds from its command to its OK.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char seen[65536];
static size_t have;

static int wait_for(int fd, const char *what) {
  for (;;) {
    char *at = strstr(seen, what);
    if (at) return 0;
    if (strstr(seen, "ERROR")) return 1;
    if (have > sizeof seen - 4097) return 1;
    ssize_t n = read(fd, seen + have, 4096);
    if (n <= 0) return 1;
    have += (size_t)n;
    seen[have] = 0;
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int fd = open(argv[1], O_RDWR | O_NOCTTY);
  struct termios raw;
  if (fd < 0 || tcgetattr(fd, &raw)) return 2;
  cfmakeraw(&raw);
  tcsetattr(fd, TCSANOW, &raw);
  FILE *file = fopen(argv[3], "rb");
  if (!file) return 2;
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char *data = malloc(size);
  if (fread(data, 1, size, file) != size) return 2;
  struct timespec began, ended;
  dprintf(fd, "AT+QFDEL=\"%s\"\r", argv[2]);
  while (!strstr(seen, "\r\nOK\r\n") && !strstr(seen, "ERROR")) {
    ssize_t n = read(fd, seen + have, 4096);
    if (n <= 0 || have > sizeof seen - 8192) return 1;
    have += (size_t)n;
    seen[have] = 0;
  }
  have = 0;
  seen[0] = 0;
  clock_gettime(CLOCK_MONOTONIC, &began);
  dprintf(fd, "AT+QFUPL=\"%s\",%zu,60\r", argv[2], size);
  if (wait_for(fd, "CONNECT\r\n")) return 1;
  for (size_t done = 0; done < size;) {
    ssize_t n = write(fd, data + done, size - done);
    if (n <= 0) return 1;
    done += (size_t)n;
  }
  if (wait_for(fd, "\r\nOK\r\n")) return 1;
  clock_gettime(CLOCK_MONOTONIC, &ended);
  printf("%lld\n", (long long)(ended.tv_sec - began.tv_sec) * 1000000000 + (ended.tv_nsec - began.tv_nsec));
  return 0;
}
