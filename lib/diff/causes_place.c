/*
 * causes_place - causes that follow from which file or property it is.
 */
#include "lib/diff/causes.h"

/* ---- files that are known ---- */

struct place {
    const char *glob; /* stet_path_match() */
    enum stet_diff_cause cause;
    enum stet_diff_sureness sure;
    const char *why;
};

static const struct place places[] = {
    {"etc/machine-id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds the machine's random identifier"},
    {"var/lib/dbus/machine-id", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds the machine's random identifier"},
    {"etc/ssh/ssh_host_*_key", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds a host's private key"},
    {"etc/ssh/ssh_host_*_key.pub", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds a host's public key, made with its private one"},
    {"var/lib/systemd/random-seed", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file is a seed of random numbers"},
    {"var/lib/systemd/credential.secret", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds a machine's secret"},
    {"var/lib/urandom/random-seed", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file is a seed of random numbers"},
    {"var/lib/random-seed", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file is a seed of random numbers"},
    {"boot/efi/loader/random-seed", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file is a seed of random numbers"},
    {"boot/loader/random-seed", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file is a seed of random numbers"},
    {"etc/ssl/private/*", STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
     "the directory is that of private keys"},
    {"etc/ssl/certs/ssl-cert-snakeoil.pem", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the certificate is of a key that the package makes when it is installed"},
    {"etc/pacman.d/gnupg/private-keys-v1.d/*", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds a private key, made by pacman-key"},
    {"etc/pacman.d/gnupg/openpgp-revocs.d/*", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file belongs to a private key, made by pacman-key"},
    {"etc/pacman.d/gnupg/*", STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
     "the keyring holds a key that pacman-key made"},
    {"etc/iscsi/initiatorname.iscsi", STET_CAUSE_RANDOM, STET_DIFF_LIKELY,
     "the file holds a name that is made at random"},
    {"etc/nvme/hostid", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, "the file holds a random identifier"},
    {"etc/nvme/hostnqn", STET_CAUSE_RANDOM, STET_DIFF_CERTAIN,
     "the file holds a random identifier"},
    {"etc/hostid", STET_CAUSE_RANDOM, STET_DIFF_LIKELY, "the file holds the machine's identifier"},
    {"etc/hostname", STET_CAUSE_HOST, STET_DIFF_CERTAIN, "the file holds the host name"},
    {"etc/mailname", STET_CAUSE_HOST, STET_DIFF_LIKELY, "the file holds the host's name for mail"},
    {"etc/localtime", STET_CAUSE_LOCALE, STET_DIFF_CERTAIN,
     "the file is the time zone that is set"},
    {"etc/timezone", STET_CAUSE_LOCALE, STET_DIFF_CERTAIN,
     "the file names the time zone that is set"},
    {"etc/locale.conf", STET_CAUSE_LOCALE, STET_DIFF_CERTAIN,
     "the file names the language that is set"},
    {"etc/default/locale", STET_CAUSE_LOCALE, STET_DIFF_CERTAIN,
     "the file names the language that is set"},
    {"etc/locale.gen", STET_CAUSE_LOCALE, STET_DIFF_LIKELY,
     "the file names the languages that are made"},
    {"**/.git/index", STET_CAUSE_INODE_CACHE, STET_DIFF_LIKELY,
     "git keeps the inode numbers and change times of files in it"},
    {"var/cache/ldconfig/aux-cache", STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN,
     "ldconfig keys it by inode numbers, devices and change times"},
};

/* Does the finding's own file match? What is inside of it does as well. */
static bool is_at(const struct stet_finding *f, const char *glob)
{
    size_t n = strcspn(f->path, "!");
    if (f->path[n] == '\0')
        return stet_path_match(glob, f->path, false);
    /* An archive in which the file is: "a.tar!etc/machine-id". */
    const char *member = strrchr(f->path, '!') + 1;
    while (member[0] == '.' && member[1] == '/')
        member += 2;
    return stet_path_match(glob, member, false);
}

static bool is_content(const struct stet_finding *f)
{
    return f->level == STET_DIFF_CONTENT ||
           (f->level == STET_DIFF_ENTRY && strcmp(f->what, "link") == 0);
}

static int by_file(struct stet_finding *f, struct stet_error *err)
{
    for (size_t i = 0; is_content(f) && i < sizeof places / sizeof *places; i++) {
        const struct place *p = &places[i];
        if (is_at(f, p->glob))
            return stet_diff_because(f, p->cause, p->sure, err, "%s", p->why) < 0 ? -1 : 1;
    }
    return 0;
}

/* ---- properties ---- */

static bool begins_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* The last part of a property: "uid" of "pax.uid". */
static const char *property(const struct stet_finding *f)
{
    const char *last = f->what;
    for (const char *p = f->what; *p; p++)
        last = *p == '.' || *p == ' ' || *p == '/' ? p + 1 : last;
    return last;
}

/* Is the property one of names, or "name of 3 members"? */
static bool is_property(const struct stet_finding *f, const char *const *names)
{
    const char *members = strstr(f->what, " of ");
    size_t n = members ? (size_t)(members - f->what) : 0;
    for (const char *const *name = names; n > 0 && *name; name++)
        if (strlen(*name) == n && memcmp(f->what, *name, n) == 0)
            return true;
    for (; *names; names++)
        if (strcmp(property(f), *names) == 0)
            return true;
    return false;
}

/* Levels and formats at which a property is of an entry, and not of a text. */
static bool is_metadata(const struct stet_finding *f)
{
    static const char *const formats[] = {"tar", "ar", "cpio", "zip", "directory", "entry"};
    if (f->level == STET_DIFF_ENTRY || f->level == STET_DIFF_ARCHIVE)
        return true;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(f->format, formats[i]) == 0)
            return true;
    return false;
}

static bool is_one_of(const char *s, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(s, *names) == 0)
            return true;
    return false;
}

static int by_owner(struct stet_finding *f, struct stet_error *err)
{
    static const char *const names[] = {"uid",   "gid",       "uname",      "gname", "owner",
                                        "group", "user name", "group name", NULL};
    if (!is_metadata(f) || !is_property(f, names) || (!f->a && !f->b))
        return 0;
    return stet_diff_because(f, STET_CAUSE_OWNER, STET_DIFF_CERTAIN, err,
                             "it says to whom the entry belongs") < 0
               ? -1
               : 1;
}

static bool only_one(const struct stet_finding *f)
{
    return !f->a != !f->b;
}

static int by_missing(struct stet_finding *f, struct stet_error *err)
{
    static const char *const names[] = {"entry", "member", "file", "missing", "extra", NULL};
    if (only_one(f) && f->level == STET_DIFF_CONTENT && begins_with(f->what, "package "))
        return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err,
                                 "only the %s has the package", f->a ? "first" : "second") < 0
                   ? -1
                   : 1;
    if (!only_one(f) || !is_metadata(f) || !is_one_of(f->what, names))
        return 0;
    return stet_diff_because(f, STET_CAUSE_MISSING, STET_DIFF_CERTAIN, err, "only the %s has it",
                             f->a ? "first" : "second") < 0
               ? -1
               : 1;
}

/* A number in octal, as headers of archives have it. */
static bool read_octal(const char *s, int64_t *out)
{
    uint64_t value = 0;
    size_t n = 0;
    for (; s && s[n] >= '0' && s[n] <= '7' && n < 20; n++)
        value = value * 8 + (uint64_t)(s[n] - '0');
    *out = (int64_t)value;
    return n >= 6 && s[n] == '\0';
}

/* The time of an extended header (its file's, or that of packing: GNU tar writes the one or the other). */
static int by_octal_time(const struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    int64_t a, b;
    if (strcmp(f->format, "tar") != 0 || strcmp(f->what, "pax header.mtime") != 0 ||
        !read_octal(f->a, &a) || !read_octal(f->b, &b) || !stet_cause_in_build(c, 0, a) ||
        !stet_cause_in_build(c, 1, b))
        return 0;
    return stet_diff_because(f, STET_CAUSE_BUILD_TIME,
                             stet_cause_spans_told(c) ? STET_DIFF_CERTAIN : STET_DIFF_LIKELY, err,
                             stet_cause_spans_told(c)
                                 ? "the extended header's own time lies within the builds' spans"
                                 : "the extended header's own time lies after the fixed one") < 0
               ? -1
               : 1;
}

/* Do the members of the archive that f is of stand in another order? */
static bool is_reordered(const struct stet_diff_result *r, const struct stet_finding *f)
{
    size_t from = (size_t)(f - r->findings);
    while (from > 0 && strcmp(r->findings[from - 1].path, f->path) == 0)
        from--;
    for (size_t i = from; i < r->count && strcmp(r->findings[i].path, f->path) == 0; i++)
        if (begins_with(r->findings[i].what, "order of members"))
            return true;
    return false;
}

/* Inode numbers as cpio writes them; some programs number the files as they come instead. */
static int by_inode(const struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    if (strcmp(f->format, "cpio") != 0 ||
        (strcmp(f->what, "inode") != 0 && !begins_with(f->what, "inode of ")) ||
        is_reordered(c->d->result, f))
        return 0;
    return stet_diff_because(f, STET_CAUSE_INODE_CACHE, STET_DIFF_CERTAIN, err,
                             "the archive holds its files' inode numbers") < 0
               ? -1
               : 1;
}

/* The parts of a zip's extra field (in hex) but those of a Unix owner; false: it is cut or damaged. */
static bool without_owner(const char *s, struct stet_buffer *out, bool *owner)
{
    unsigned char data[128];
    size_t len = 0;
    for (; *s; s += s[2] == ' ' ? 3 : 2) {
        unsigned value;
        char pair[3] = {s[0], s[1] ? s[1] : '\0', '\0'}, *end;
        value = (unsigned)strtoul(pair, &end, 16);
        if (end != pair + 2 || len == sizeof data || (s[2] != ' ' && s[2] != '\0'))
            return false;
        data[len++] = (unsigned char)value;
    }
    for (size_t at = 0; at < len;) {
        size_t size = len - at < 4 ? len : 4 + (size_t)(data[at + 2] | data[at + 3] << 8);
        if (size > len - at)
            return false;
        /* APPNOTE.TXT, 4.6; Info-ZIP's "ux": versions 1 and 2 of it hold uid and gid */
        bool unix_owner = (data[at] == 'u' || data[at] == 'U') && data[at + 1] == 'x';
        *owner |= unix_owner;
        if (!unix_owner)
            stet_buffer_add(out, data + at, size);
        at += size;
    }
    return true;
}

static int by_extra_owner(struct stet_finding *f, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer a = STET_BUFFER_INIT, b = STET_BUFFER_INIT;
    bool owner_a = false, owner_b = false;
    if (strcmp(f->format, "zip") != 0 || !begins_with(f->what, "extra field") || !f->a || !f->b ||
        !without_owner(f->a, &a, &owner_a) || !without_owner(f->b, &b, &owner_b) || !owner_a ||
        !owner_b || a.len != b.len || (a.len > 0 && memcmp(a.data, b.data, a.len) != 0))
        return 0;
    return stet_diff_because(f, STET_CAUSE_OWNER, STET_DIFF_CERTAIN, err,
                             "of the extra field only the uid and gid differ") < 0
               ? -1
               : 1;
}

/* gcc makes unique names with a seed that is random unless it is given (-frandom-seed). */
static int by_seed(struct stet_finding *f, struct stet_error *err)
{
    static const char lto[] = "section .gnu.lto_";
    const char *dot = strrchr(f->what, '.');
    size_t n = dot ? strspn(dot + 1, "0123456789abcdef") : 0;
    if (strcmp(f->format, "elf") != 0 || !only_one(f) || !begins_with(f->what, lto) || n < 8 ||
        n > 16 || dot[1 + n] != '\0')
        return 0;
    return stet_diff_because(f, STET_CAUSE_RANDOM, STET_DIFF_LIKELY, err,
                             "gcc names sections of link-time optimization by a random seed "
                             "(-frandom-seed)") < 0
               ? -1
               : 1;
}

/* What the image's configuration says of the container that it was made in. */
static int by_config(struct stet_finding *f, struct stet_error *err)
{
    if (f->level != STET_DIFF_IMAGE)
        return 0;
    const char *last = property(f);
    if (strcmp(last, "container") == 0)
        return stet_diff_because(
                   f, STET_CAUSE_RANDOM, STET_DIFF_CERTAIN, err,
                   "the value is the random name of the container in which the image was made") < 0
                   ? -1
                   : 1;
    if (strcmp(last, "Hostname") == 0)
        return stet_diff_because(
                   f, STET_CAUSE_HOST, STET_DIFF_LIKELY, err,
                   "the value is the host name of the container in which the image was made") < 0
                   ? -1
                   : 1;
    return 0;
}

/* Order of an archive's members, as they were read from a directory. */
static int by_order_of_entries(struct stet_finding *f, struct stet_error *err)
{
    if (!is_metadata(f) ||
        (!begins_with(f->what, "order of entries") && !begins_with(f->what, "order of members")))
        return 0;
    return stet_diff_because(f, STET_CAUSE_FILE_ORDER, STET_DIFF_LIKELY, err,
                             "both archives have the entry, at another place") < 0
               ? -1
               : 1;
}

int stet_cause_by_place(struct causes *c, struct stet_finding *f, struct stet_error *err)
{
    int rc = by_file(f, err);
    if (rc == 0)
        rc = by_octal_time(c, f, err);
    if (rc == 0)
        rc = by_inode(c, f, err);
    if (rc == 0)
        rc = by_extra_owner(f, err);
    if (rc == 0)
        rc = by_seed(f, err);
    if (rc == 0)
        rc = by_missing(f, err);
    if (rc == 0)
        rc = by_owner(f, err);
    if (rc == 0)
        rc = by_config(f, err);
    return rc != 0 ? rc : by_order_of_entries(f, err);
}

/* ---- umask ---- */

static const unsigned masks[] = {022, 002, 077, 027, 007, 0};
enum { MASKS = sizeof masks / sizeof *masks };

static bool read_mode(const char *s, unsigned *out)
{
    unsigned value = 0;
    size_t n = 0;
    if (!s)
        return false;
    for (; s[n] >= '0' && s[n] <= '7' && n < 8; n++)
        value = value * 8 + (unsigned)(s[n] - '0');
    *out = value & 07777;
    return n >= 3 && s[n] == '\0';
}

/* How many entries the finding is of whose modes are a and b; 0: it is of no modes. */
static size_t is_mode(const struct stet_finding *f, unsigned *a, unsigned *b)
{
    static const char members[] = "mode of ";
    if (!is_metadata(f) || !read_mode(f->a, a) || !read_mode(f->b, b))
        return 0;
    if (begins_with(f->what, members))
        return strtoul(f->what + sizeof members - 1, NULL, 10);
    return strcmp(property(f), "mode") == 0;
}

/* Is mode what a new file or directory gets under this mask? Setgid is inherited, and is no matter. */
static bool fits(unsigned a, unsigned b, unsigned mask_a, unsigned mask_b)
{
    static const unsigned bases[] = {0666, 0777};
    for (size_t i = 0; i < 2; i++)
        if ((a & 0777) == (bases[i] & ~mask_a) && (b & 0777) == (bases[i] & ~mask_b) &&
            (a & ~0777u) == (b & ~0777u))
            return true;
    return false;
}

/* The masks that most of the modes fit. */
static size_t best_masks(const struct stet_diff_result *r, unsigned *mask_a, unsigned *mask_b)
{
    size_t counts[MASKS][MASKS] = {{0}}, best = 0;
    for (size_t k = 0; k < r->count; k++) {
        unsigned a, b;
        size_t entries = is_mode(&r->findings[k], &a, &b);
        if (entries == 0)
            continue;
        for (size_t i = 0; i < MASKS; i++)
            for (size_t j = 0; j < MASKS; j++)
                counts[i][j] += i != j && fits(a, b, masks[i], masks[j]) ? entries : 0;
    }
    for (size_t i = 0; i < MASKS; i++)
        for (size_t j = 0; j < MASKS; j++)
            if (counts[i][j] > best) {
                best = counts[i][j];
                *mask_a = masks[i];
                *mask_b = masks[j];
            }
    return best;
}

/* One mode alone may have been meant. */
int stet_cause_by_umask(struct causes *c, struct stet_error *err)
{
    struct stet_diff_result *r = c->d->result;
    unsigned mask_a = 0, mask_b = 0;
    size_t count = best_masks(r, &mask_a, &mask_b);
    if (count < 2)
        return 0;
    for (size_t i = 0; i < r->count; i++) {
        struct stet_finding *f = &r->findings[i];
        unsigned a, b;
        if (f->cause != STET_CAUSE_UNEXPLAINED || is_mode(f, &a, &b) == 0 ||
            !fits(a, b, mask_a, mask_b))
            continue;
        if (stet_diff_because(f, STET_CAUSE_OWNER,
                              count < 3 ? STET_DIFF_POSSIBLE : STET_DIFF_LIKELY, err,
                              "the modes of %zu entries are those of umask %03o and %03o", count,
                              mask_a, mask_b) < 0)
            return -1;
    }
    return 0;
}
