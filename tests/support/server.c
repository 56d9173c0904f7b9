#include "tests/support/server.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/base.h"

char *stet_test_dir_new(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = stet_format(NULL, "%s/stet-test-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(dir);
    assert_non_null(mkdtemp(dir));
    return dir;
}

void stet_test_dir_remove(char *dir)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_fs_remove(AT_FDCWD, dir, &err) < 0)
        fail_msg("%s", err.text);
    free(dir);
}

unsigned char *stet_test_bytes(size_t len, unsigned seed)
{
    unsigned char *data = malloc(len + 1);
    uint32_t x = seed * 2654435761U + 1;
    assert_non_null(data);
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        data[i] = (unsigned char)(x >> 16);
    }
    return data;
}

void stet_test_write(const char *dir, const char *name, const void *data, size_t len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

bool stet_test_same(const char *dir, const char *name, const void *data, size_t len)
{
    char path[4096];
    struct stet_error err = STET_ERROR_INIT;
    _cleanup_buffer_ struct stet_buffer b = STET_BUFFER_INIT;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (stet_fs_read(AT_FDCWD, path, (size_t)1 << 30, &b, &err) < 0)
        return false;
    return b.len == len && (len == 0 || memcmp(b.data, data, len) == 0);
}

static void run_server(int port_fd, const char *log, const char *folder, const char *const *args)
{
    const char *argv[64] = {STET_TEST_HTTPD, "--lifetime", "120", "--log", log};
    size_t n = 5;
    while (args != NULL && *args != NULL && n < 62)
        argv[n++] = *args++;
    argv[n++] = folder;
    argv[n] = NULL;
    dup2(port_fd, STDOUT_FILENO);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

void stet_test_server_start(struct stet_test_server *s, const char *folder, const char *const *args)
{
    static unsigned number;
    int fds[2];
    char text[32] = "";
    size_t len = 0;
    ssize_t n;
    snprintf(s->log, sizeof(s->log), "%s.%u.log", folder, number++);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    s->pid = fork();
    assert_true(s->pid >= 0);
    if (s->pid == 0)
        run_server(fds[1], s->log, folder, args);
    close(fds[1]);
    while (len < sizeof(text) - 1 && (n = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0) {
        len += (size_t)n;
        if (text[len - 1] == '\n')
            break;
    }
    close(fds[0]);
    assert_int_equal(sscanf(text, "%u", &s->port), 1);
}

void stet_test_server_stop(struct stet_test_server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    unlink(s->log);
}

const char *stet_test_url(const struct stet_test_server *s, const char *path)
{
    static char texts[16][256];
    static unsigned next;
    char *text = texts[next++ % 16];
    snprintf(text, sizeof(texts[0]), "http://127.0.0.1:%u%s", s->port, path);
    return text;
}

size_t stet_test_requests(const struct stet_test_server *s, const char *a, const char *b)
{
    char line[4096];
    size_t count = 0;
    FILE *f = fopen(s->log, "re");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof(line), f) != NULL)
        if (strstr(line, a) != NULL && (b == NULL || strstr(line, b) != NULL))
            count++;
    fclose(f);
    return count;
}

long long stet_test_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
