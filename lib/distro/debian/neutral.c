#include "lib/distro/debian/neutral.h"

#include <errno.h>

/* A program that is replaced for a while. */
struct stand_in {
    const char *path;
    const char *aside; /* leaf of the package's own file meanwhile */
    const char *script;
    bool always; /* also where no package brings the program */
};

static const struct stand_in stand_ins[] = {
    {"usr/sbin/policy-rc.d", "policy-rc.d.stet-aside", "#!/bin/sh\nexit 101\n", true},
    /* Through /sbin, as releases before trixie ship it there. */
    {"sbin/start-stop-daemon", "start-stop-daemon.stet-aside", "#!/bin/sh\nexit 0\n", false},
};
enum { STAND_INS = sizeof stand_ins / sizeof *stand_ins };

/* The program's directory; -2 when there is none yet. */
static int open_directory(int root, const struct stand_in *s, const char **leaf,
                          struct stet_error *err)
{
    struct stet_error e = STET_ERROR_INIT;
    int fd = stet_fs_open_parent_in(root, s->path, leaf, &e);
    if (fd < 0 && (e.errnum == ENOENT || e.errnum == ENOTDIR))
        return -2;
    if (fd < 0)
        stet_error_copy(err, &e);
    return fd;
}

/* Does name exist in dir? 1, 0, -1. */
static int exists(int dir, const char *name, const struct stand_in *s, struct stet_error *err)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    return stet_error_errno(err, "looking at /%s in the root", s->path);
}

static int put(int root, const struct stand_in *s, struct stet_error *err)
{
    const char *leaf;
    _cleanup_close_ int dir = open_directory(root, s, &leaf, err);
    if (dir < 0)
        return dir == -2 ? 0 : -1;
    int aside = exists(dir, s->aside, s, err), own = exists(dir, leaf, s, err);
    if (aside < 0 || own < 0)
        return -1;
    if (aside || (!own && !s->always))
        return 0;
    if (own && renameat(dir, leaf, dir, s->aside) < 0)
        return stet_error_errno(err, "putting aside /%s in the root", s->path);
    return stet_fs_write_in(root, s->path, s->script, strlen(s->script), 0755, 0, 0, err);
}

static int take_back(int root, const struct stand_in *s, struct stet_error *err)
{
    const char *leaf;
    _cleanup_close_ int dir = open_directory(root, s, &leaf, err);
    if (dir < 0)
        return dir == -2 ? 0 : -1;
    int aside = exists(dir, s->aside, s, err);
    if (aside < 0)
        return -1;
    if (aside && renameat(dir, s->aside, dir, leaf) < 0)
        return stet_error_errno(err, "restoring /%s in the root", s->path);
    if (!aside && s->always && unlinkat(dir, leaf, 0) < 0 && errno != ENOENT)
        return stet_error_errno(err, "removing /%s from the root", s->path);
    return 0;
}

int stet_debian_neutralise(int root, struct stet_error *err)
{
    for (size_t i = 0; i < STAND_INS; i++)
        if (put(root, &stand_ins[i], err) < 0)
            return -1;
    return 0;
}

int stet_debian_restore(int root, struct stet_error *err)
{
    for (size_t i = 0; i < STAND_INS; i++)
        if (take_back(root, &stand_ins[i], err) < 0)
            return -1;
    return 0;
}
