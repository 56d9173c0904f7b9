/*
 * many-files DIR FOLDERS FILES BYTES - FOLDERS folders of FILES small files each of BYTES bytes. For bench/seal. The
 * contents come from a seeded generator and look, to a compressor, like text.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t state = 1;

static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static int fill(int fd, size_t bytes)
{
    static const char words[16][8] = {"the ",  "of ",  "layer ", "root ", "entry ", "tar\n",
                                      "0x7f ", "int ", "char ",  "path ", "size ",  "mode\n",
                                      "uid ",  "gid ", "link ",  "end;\n"};
    char text[65536];
    size_t len = 0;

    while (len < bytes && len < sizeof(text) - 8)
        len += (size_t)snprintf(text + len, 8, "%s", words[next() % 16]);
    return write(fd, text, len < bytes ? len : bytes) < 0 ? -1 : 0;
}

static int make_file(int dir, unsigned number, size_t bytes)
{
    char name[64];

    snprintf(name, sizeof(name), "file-number-%06u.txt", number);
    int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0 || fill(fd, bytes) < 0)
        return -1;
    return close(fd);
}

static int make_folder(int parent, unsigned number, unsigned files, size_t bytes)
{
    char name[64];

    snprintf(name, sizeof(name), "folder-%04u-with-a-name", number);
    if (mkdirat(parent, name, 0755) < 0)
        return -1;
    int dir = openat(parent, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    for (unsigned i = 0; i < files; i++)
        if (dir < 0 || make_file(dir, i, bytes) < 0)
            return -1;
    return close(dir);
}

int main(int argc, char **argv)
{
    int parent = argc == 5 ? open(argv[1], O_DIRECTORY | O_RDONLY | O_CLOEXEC) : -1;

    if (parent < 0) {
        fprintf(stderr, "usage: many-files DIR FOLDERS FILES BYTES\n");
        return 2;
    }
    unsigned folders = (unsigned)strtoul(argv[2], NULL, 10),
             files = (unsigned)strtoul(argv[3], NULL, 10);
    for (unsigned i = 0; i < folders; i++)
        if (make_folder(parent, i, files, strtoul(argv[4], NULL, 10)) < 0) {
            perror("many-files");
            return 3;
        }
    return 0;
}
