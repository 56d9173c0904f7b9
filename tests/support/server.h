/*
 * server - for unit tests: a scratch folder, files in it, and stet-test-httpd serving them.
 * Whatever fails here fails the test.
 */
#ifndef STET_TESTS_SUPPORT_SERVER_H
#define STET_TESTS_SUPPORT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A new folder below the place for temporary files; freed and removed by stet_test_dir_remove(). */
char *stet_test_dir_new(void);
void stet_test_dir_remove(char *dir);

/* len bytes that look random and are always the same for a seed. The caller frees them. */
unsigned char *stet_test_bytes(size_t len, unsigned seed);
/* Writes dir/name. */
void stet_test_write(const char *dir, const char *name, const void *data, size_t len);
/* Is the content of dir/name exactly this? */
bool stet_test_same(const char *dir, const char *name, const void *data, size_t len);

struct stet_test_server {
    pid_t pid;
    unsigned port;
    char log[512];
};

/* args: options of stet-test-httpd, NULL-terminated, or NULL. The log is a file beside the folder.
 */
void stet_test_server_start(struct stet_test_server *s, const char *folder,
                            const char *const *args);
void stet_test_server_stop(struct stet_test_server *s);
/* "http://127.0.0.1:PORT" and the path; in one of some static buffers, used in turn. */
const char *stet_test_url(const struct stet_test_server *s, const char *path);
/* Lines of the log that contain all of a and b (b may be NULL). */
size_t stet_test_requests(const struct stet_test_server *s, const char *a, const char *b);

/* Milliseconds, for bounds on how long something takes. */
long long stet_test_now_ms(void);

#endif
