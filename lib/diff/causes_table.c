/*
 * The names of causes, and their cures.
 */
#include "lib/diff/diff.h"

static const struct stet_diff_cause_info causes[STET_CAUSE_COUNT] = {
    [STET_CAUSE_UNEXPLAINED] = {"unexplained", "unexplained", NULL, false},
    [STET_CAUSE_BUILD_TIME] =
        {"build-time", "build time",
         "Set SOURCE_DATE_EPOCH to a fixed time in the environment of the build; clamp the mtimes "
         "of files when the "
         "image is packed (tar --clamp-mtime --mtime, or a builder that does it), and delete logs.",
         false},
    [STET_CAUSE_FILE_ORDER] = {"file-order", "file order",
                               "Sort what is listed from a directory before it is written: $(sort "
                               "$(wildcard …)) in a makefile, find … | "
                               "LC_ALL=C sort in a script, tar --sort=name in packing.",
                               false},
    [STET_CAUSE_PARALLEL_ORDER] = {"parallel-order", "order of parallel jobs",
                                   "Let the step that writes the file collect its workers' results "
                                   "and sort them, or run that step with one "
                                   "job; leave logs out of the image.",
                                   false},
    [STET_CAUSE_OWNER] = {"owner", "owner or umask",
                          "Set owners and modes where the image is packed (tar --owner=0 --group=0 "
                          "--numeric-owner, install -m in the "
                          "build), and fix the umask (022) at the beginning of the build.",
                          false},
    [STET_CAUSE_LOCALE] = {"locale", "locale or time zone",
                           "Set LC_ALL=C.UTF-8 and TZ=UTC in the environment of the build, before "
                           "anything is sorted or dated.",
                           false},
    [STET_CAUSE_HOST] =
        {"host", "host name or user",
         "Leave the host name and user out of what the build writes (KBUILD_BUILD_HOST and the "
         "like, or a patch), run "
         "it in a namespace with a fixed host name, and scrub etc/hostname from the root.",
         false},
    [STET_CAUSE_BUILD_PATH] = {"build-path", "build path",
                               "Build in the same directory everywhere, or map it away: "
                               "-ffile-prefix-map=$PWD=. for C and C++, "
                               "--remap-path-prefix for Rust, -trimpath for Go.",
                               false},
    [STET_CAUSE_MACHINE] =
        {"machine", "kernel or processor",
         "Set the target in the build's configuration and not from the machine (-march=x86-64 and "
         "not native, a fixed "
         "number of jobs), and leave the output of uname and /proc out of what is written.",
         false},
    [STET_CAUSE_DATABASE_TIME] = {"database-time", "time in a package database",
                                  "Set the times of installation to SOURCE_DATE_EPOCH where "
                                  "the package manager can, or rewrite them by a scrub "
                                  "rule before the root is packed.",
                                  false},
    [STET_CAUSE_PACKAGE_VERSION] = {"package-version", "package version",
                                    "Pin the packages: build both from one lock file, or from one "
                                    "dated snapshot of the distribution.",
                                    false},
    [STET_CAUSE_RANDOM] = {"random", "random or key material",
                           "Look whether it is a secret: what is in an image is known to all who "
                           "have it. Delete keys, seeds and "
                           "identifiers from the root by a scrub rule, and let each machine make "
                           "its own when it first starts.",
                           true},
    [STET_CAUSE_INODE_CACHE] =
        {"inode-cache", "cache keyed by inode",
         "Delete the cache from the root by a scrub rule; it is made anew, and is of no use on "
         "another file system. Pack with cpio --reproducible.",
         false},
    [STET_CAUSE_ARCHIVER] =
        {"archiver", "archiver only",
         "Pack with one program and one format (tar --format=…, --pax-option=…), or leave packing "
         "to a builder that writes one format always.",
         false},
    [STET_CAUSE_COMPRESSOR] =
        {"compressor", "compressor only",
         "Compress with the same program, version, level and number of threads, without the "
         "name and time (gzip -n). Where nothing else differs, the contents are equal, and so are "
         "their uncompressed digests (diff_id).",
         false},
    [STET_CAUSE_MISSING] =
        {"missing", "missing or extra file",
         "Look which step makes the file, and whether it ran in both builds; caches, logs and "
         "bytecode are best deleted from the root by a scrub rule.",
         false},
};

const struct stet_diff_cause_info *stet_diff_cause_info(enum stet_diff_cause cause)
{
    return &causes[(unsigned)cause < STET_CAUSE_COUNT ? cause : STET_CAUSE_UNEXPLAINED];
}

bool stet_diff_cause_find(const char *name, enum stet_diff_cause *out)
{
    for (int i = 0; i < STET_CAUSE_COUNT; i++)
        if (strcmp(name, causes[i].name) == 0) {
            *out = (enum stet_diff_cause)i;
            return true;
        }
    return false;
}
