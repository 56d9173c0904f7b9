/* Two archives of images whose files are any bytes: records "path \xfe content \xff" (a path that begins with '@' is a symbolic
 * link), the second archive after \xfd. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/diff/diff.h"

enum { BLOCK = 512, LIMIT = 1 << 20 };

static void add_file(int fd, const uint8_t *path, size_t path_len, const uint8_t *content,
                     size_t len)
{
    static const char zeroes[BLOCK];
    char header[BLOCK] = {0};
    unsigned sum = 0;
    int is_link = path_len > 0 && path[0] == '@';

    path += is_link;
    path_len -= (size_t)is_link;
    memcpy(header, path, path_len < 100 ? path_len : 100);
    if (is_link)
        memcpy(header + 157, content, len < 100 ? len : 100);
    len = is_link ? 0 : len;
    memcpy(header + 100, "0000644", 8);
    snprintf(header + 124, 12, "%011zo", len);
    memcpy(header + 136, "15252356000", 12);
    header[156] = is_link ? '2' : '0';
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 7, "%06o", sum);
    if (write(fd, header, BLOCK) < 0 || (len > 0 && write(fd, content, len) < 0) ||
        write(fd, zeroes, (BLOCK - len % BLOCK) % BLOCK) < 0)
        return;
}

static int make(const uint8_t *data, size_t size)
{
    static const char zeroes[2 * BLOCK];
    int fd = memfd_create("image", MFD_CLOEXEC);

    while (fd >= 0 && size > 0) {
        const uint8_t *end = memchr(data, 0xff, size);
        size_t len = end ? (size_t)(end - data) : size;
        const uint8_t *mark = memchr(data, 0xfe, len);
        size_t path = mark ? (size_t)(mark - data) : len;
        add_file(fd, data, path, data + path + (mark != NULL), len - path - (mark != NULL));
        data += len + (end != NULL);
        size -= len + (end != NULL);
    }
    if (fd >= 0 && write(fd, zeroes, sizeof zeroes) < 0)
        return fd;
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct stet_diff_options options = {.temporary = "/tmp",
                                              .budget_bytes = LIMIT,
                                              .budget_findings = 1000,
                                              .flatten = size > 0 && data[size - 1] == '\n'};
    const uint8_t *half = size ? memchr(data, 0xfd, size) : NULL;
    struct stet_diff_result result;
    struct stet_error err = STET_ERROR_INIT;
    char a[64], b[64];

    if (!half || size > LIMIT)
        return 0;
    size_t len = (size_t)(half - data);
    int x = make(data, len), y = make(half + 1, size - len - 1);
    snprintf(a, sizeof a, "/proc/self/fd/%d", x);
    snprintf(b, sizeof b, "/proc/self/fd/%d", y);
    if (x >= 0 && y >= 0 && stet_diff(a, b, &options, &result, &err) == 0)
        stet_diff_result_release(&result);
    close(x);
    close(y);
    return 0;
}
