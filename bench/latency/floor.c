/*
 * The floor of `npm run bench:latency`: what a program that does nothing else can reach on this machine. It blocks in read(2), looks for the
 * report and writes the supply line.
 *
 *   floor DEVICE SOCKET                  the supply line is a Unix socket
 *   floor DEVICE /dev/gpiochipN OFFSET   it is a GPIO line
 */
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(2);
}

static int supply;
static int gpio;

static void set(int on) {
  struct gpiohandle_data data = {.values = {on}};
  if (ioctl(supply, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data)) fail("GPIO line");
}

static void say(const char *what) {
  if (write(supply, what, strlen(what)) < 0) fail("socket");
}

static void cut(void) {
  if (!gpio) {
    say("{\"id\":1,\"do\":\"supply\",\"on\":false}\n");
    say("ready\n");
    return;
  }
  set(0);
  usleep(50000); /* the meter polls the line */
  set(1);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int line = open(argv[1], O_RDWR | O_NOCTTY);
  if (line < 0) fail(argv[1]);
  struct termios raw;
  if (tcgetattr(line, &raw)) fail("tcgetattr");
  cfmakeraw(&raw);
  if (tcsetattr(line, TCSANOW, &raw)) fail("tcsetattr");
  gpio = argc > 3;
  if (gpio) {
    int chip = open(argv[2], O_RDWR);
    struct gpiohandle_request request = {.lineoffsets = {atoi(argv[3])}, .flags = GPIOHANDLE_REQUEST_OUTPUT, .lines = 1};
    request.default_values[0] = 1;
    if (chip < 0 || ioctl(chip, GPIO_GET_LINEHANDLE_IOCTL, &request)) fail(argv[2]);
    supply = request.fd;
  } else {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[2], sizeof address.sun_path - 1);
    supply = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(supply, (void *)&address, sizeof address)) fail(argv[2]);
    say("ready\n");
  }
  char text[4096];
  size_t size = 0;
  ssize_t got;
  while ((got = read(line, text + size, sizeof text - 1 - size)) > 0) {
    text[size += got] = 0;
    char *report = strstr(text, "\"UPDATING\",");
    if (report && strpbrk(report, "\r\n")) {
      cut();
      size = 0;
    } else if (size > sizeof text / 2) {
      size = 0;
    }
  }
  return 0;
}
