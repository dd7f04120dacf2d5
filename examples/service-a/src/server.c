/*
 * A web server without a C library, for an image that holds nothing else.
 *
 *   GET /health -> 200 "ok"; any other GET -> 200 with the greeting; anything else -> 405.
 *
 * Listens on PORT (8080 where unset), logs one line a request, ends with 0 on SIGTERM and SIGINT.
 * `server --check` asks /health on the same port and ends with 0 where it answers 200: the
 * container's health check. One request at a time, which is enough for an example.
 */
typedef unsigned long size;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, SIGACTION = 13, SOCKET = 41, CONNECT = 42, ACCEPT = 43,
       BIND = 49, LISTEN = 50, SETSOCKOPT = 54, EXIT = 231 };
static long syscall5(long n, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
/* The kernel leaves argc at the top of the stack; a returning handler needs a restorer. */
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n"
        "restore:\n\tmov $15, %eax\n\tsyscall\n");
extern void restore(void);
#define RESTORER 0x04000000UL
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, SIGACTION = 134, SOCKET = 198, CONNECT = 203,
       ACCEPT = 202, BIND = 200, LISTEN = 201, SETSOCKOPT = 208, EXIT = 94 };
static long syscall5(long n, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl run\n");
#define restore 0
#define RESTORER 0UL
#else
#error "no system calls written down for this architecture"
#endif

struct address { unsigned short family, port; unsigned char ip[4], zero[8]; };
struct action { void (*handler)(int); unsigned long flags; void (*restorer)(void); unsigned long mask; };

enum { STDOUT = 1, AF_INET = 2, SOCK_STREAM = 1, SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_RCVTIMEO = 20,
       SIGINT = 2, SIGTERM = 15, EINTR = -4 };

static volatile int stopping;

static size length(const char *text) {
  size n = 0;
  while (text[n]) n++;
  return n;
}

static int starts(const char *text, const char *prefix) {
  while (*prefix)
    if (*text++ != *prefix++) return 0;
  return 1;
}

static void send_all(long file, const char *data, size count) {
  while (count > 0) {
    long written = syscall5(WRITE, file, (long)data, (long)count, 0, 0);
    if (written == EINTR) continue;
    if (written <= 0) return;
    data += written;
    count -= (size)written;
  }
}

static void say(const char *text) { send_all(STDOUT, text, length(text)); }

static void stop(int signal) {
  (void)signal;
  stopping = 1;
}

static unsigned short port_of(char **environment) {
  unsigned value = 0;
  for (; *environment; environment++)
    if (starts(*environment, "PORT="))
      for (const char *digit = *environment + 5; *digit >= '0' && *digit <= '9'; digit++)
        value = value * 10 + (unsigned)(*digit - '0');
  if (value == 0 || value > 65535) value = 8080;
  return (unsigned short)(value >> 8 | (value & 255) << 8);
}

static void answer(long client, const char *status, const char *body) {
  char digits[4];
  size count = length(body), shown = 0, rest = count;
  do {
    digits[shown++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  send_all(client, "HTTP/1.1 ", 9);
  send_all(client, status, length(status));
  const char *headers = "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ";
  send_all(client, headers, length(headers));
  while (shown) send_all(client, &digits[--shown], 1);
  send_all(client, "\r\n\r\n", 4);
  send_all(client, body, count);
}

/* Reads up to the end of the headers, and answers by the request line. */
static void serve(long client) {
  char request[4096];
  size count = 0;
  while (count < sizeof request - 1) {
    long got = syscall5(READ, client, (long)(request + count), (long)(sizeof request - 1 - count), 0, 0);
    if (got == EINTR) continue;
    if (got <= 0) break;
    count += (size)got;
    request[count] = 0;
    if (count >= 4 && starts(request + count - 4, "\r\n\r\n")) break;
  }
  request[count] = 0;
  if (count == 0) return;

  size line = 0;
  while (request[line] >= ' ' && request[line] <= '~') line++;
  int found = starts(request, "GET ");
  const char *status = found ? "200 OK" : "405 Method Not Allowed";
  answer(client, status, !found ? "GET only\n" : starts(request, "GET /health ") ? "ok\n" : "service-a says hello\n");

  send_all(STDOUT, status, 3);
  say(" ");
  send_all(STDOUT, request, line);
  say("\n");
}

static long open_socket(void) {
  long file = syscall5(SOCKET, AF_INET, SOCK_STREAM, 0, 0, 0);
  /* A client that sends nothing must not hold up the others for good. */
  long timeout_seconds[2] = {5, 0};
  int on = 1;
  syscall5(SETSOCKOPT, file, SOL_SOCKET, SO_RCVTIMEO, (long)timeout_seconds, sizeof timeout_seconds);
  syscall5(SETSOCKOPT, file, SOL_SOCKET, SO_REUSEADDR, (long)&on, sizeof on);
  return file;
}

static int check(unsigned short port) {
  struct address local = {AF_INET, port, {127, 0, 0, 1}, {0}};
  char reply[16] = {0};
  long file = open_socket();
  if (syscall5(CONNECT, file, (long)&local, sizeof local, 0, 0) < 0) return 1;
  const char *request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  send_all(file, request, length(request));
  syscall5(READ, file, (long)reply, sizeof reply - 1, 0, 0);
  return starts(reply, "HTTP/1.1 200") ? 0 : 1;
}

static int listen_and_serve(unsigned short port) {
  struct action on_stop = {stop, RESTORER, restore, 0};
  syscall5(SIGACTION, SIGTERM, (long)&on_stop, 0, sizeof on_stop.mask, 0);
  syscall5(SIGACTION, SIGINT, (long)&on_stop, 0, sizeof on_stop.mask, 0);

  struct address any = {AF_INET, port, {0}, {0}};
  long server = open_socket();
  if (syscall5(BIND, server, (long)&any, sizeof any, 0, 0) < 0 ||
      syscall5(LISTEN, server, 64, 0, 0, 0) < 0) {
    say("cannot listen\n");
    return 1;
  }
  say("listening\n");
  while (!stopping) {
    long client = syscall5(ACCEPT, server, 0, 0, 0, 0);
    if (client < 0) continue;
    serve(client);
    syscall5(CLOSE, client, 0, 0, 0, 0);
  }
  say("stopped\n");
  return 0;
}

__attribute__((used)) void run(long *stack) {
  long count = stack[0];
  char **arguments = (char **)(stack + 1);
  unsigned short port = port_of(arguments + count + 1);
  int checking = count > 1 && starts(arguments[1], "--check");
  syscall5(EXIT, checking ? check(port) : listen_and_serve(port), 0, 0, 0, 0);
}
