/*
 * owners - which package ships a path, by the databases of dpkg, pacman and apk.
 *
 * lib/distro has readers of the first two for roots that stet builds: they are private to their distribution, strict (a
 * damaged record is an error there), and keep whole packages in memory. Here a damaged record is passed over, and of each
 * package only its name, version and paths are kept, within a bound.
 */
#include "lib/diff/owners.h"

#include "lib/diff/records.h"

enum {
    TEXT_MAX = 48 << 20, /* bytes of strings of one side */
    PATHS_MAX = 1 << 20,
    PACKAGES_MAX = 1 << 17,
    NAME_MAX_ = 256,
};

void stet_diff_owners_release(struct diff_owners *o)
{
    stet_buffer_release(&o->text);
    free(o->paths.items);
    free(o->versions.items);
    *o = (struct diff_owners){0};
}

/* ---- filling ---- */

static size_t keep(struct diff_owners *o, struct diff_text s)
{
    size_t at = o->text.len;
    stet_buffer_add(&o->text, s.s, s.len);
    stet_buffer_add(&o->text, "", 1);
    return at;
}

static int add(struct diff_owners *o, struct diff_owners_list *list, size_t max,
               struct diff_text key, size_t value, struct stet_error *err)
{
    if (list->count >= max || o->text.len + key.len >= TEXT_MAX || memchr(key.s, '\0', key.len))
        return 0;
    if (stet_grow(&list->items, &list->cap, list->count + 1, sizeof *list->items, err) < 0)
        return -1;
    list->items[list->count++] = (struct diff_owner){keep(o, key), value, false};
    return stet_buffer_check(&o->text, "the list of packages' files", err);
}

/* A path of a package, whose name is kept at package. Directories too: of which there are many owners. */
static int add_path(struct diff_owners *o, struct diff_text path, size_t package,
                    struct stet_error *err)
{
    while (path.len > 0 &&
           (path.s[0] == '/' || (path.len > 1 && path.s[0] == '.' && path.s[1] == '/')))
        path.s++, path.len--;
    while (path.len > 0 && path.s[path.len - 1] == '/')
        path.len--;
    if (path.len == 0 || (path.len == 1 && path.s[0] == '.'))
        return 0;
    return add(o, &o->paths, PATHS_MAX, path, package, err);
}

static bool fits(struct diff_text s)
{
    return s.len > 0 && s.len < NAME_MAX_ && !memchr(s.s, '\0', s.len);
}

static int add_package(struct diff_owners *o, struct stet_strv *packages, struct diff_text name,
                       struct diff_text version, struct diff_text arch, struct stet_error *err)
{
    if (!fits(name) || !fits(version) || arch.len >= NAME_MAX_ ||
        o->versions.count >= PACKAGES_MAX || o->text.len >= TEXT_MAX)
        return 0;
    size_t value = keep(o, version);
    if (add(o, &o->versions, PACKAGES_MAX, name, value, err) < 0)
        return -1;
    return stet_strv_addf(packages, err, "%.*s %.*s %.*s", (int)name.len, name.s, (int)version.len,
                          version.s, (int)arch.len, arch.s ? arch.s : "");
}

/* ---- the databases ---- */

/* What follows prefix in line. */
static bool after(struct diff_text line, const char *prefix, struct diff_text *out)
{
    size_t n = strlen(prefix);
    if (line.len < n || memcmp(line.s, prefix, n) != 0)
        return false;
    *out = (struct diff_text){line.s + n, line.len - n};
    return true;
}

static int read_status(struct diff_owners *o, struct stet_strv *packages, struct diff_text rest,
                       struct stet_error *err)
{
    struct diff_text line, name = {0}, version = {0}, arch = {0};
    bool more = true;
    while (more) {
        more = stet_diff_text_line(&rest, &line);
        if (!more || line.len == 0) {
            if (add_package(o, packages, name, version, arch, err) < 0)
                return -1;
            name = version = arch = (struct diff_text){0};
        } else if (!after(line, "Package: ", &name) && !after(line, "Version: ", &version)) {
            after(line, "Architecture: ", &arch);
        }
    }
    return 0;
}

/* var/lib/dpkg/info/NAME[:ARCH].list, and the files of the database themselves. */
static int read_list(struct diff_owners *o, const char *file, struct diff_text rest,
                     struct stet_error *err)
{
    size_t n = strcspn(file, ":");
    struct diff_text line, name = {file, n < strlen(file) ? n : strlen(file) - strlen(".list")};
    size_t package = keep(o, name);
    while (stet_diff_text_line(&rest, &line))
        if (add_path(o, line, package, err) < 0)
            return -1;
    return stet_buffer_check(&o->text, "the list of packages' files", err);
}

static int read_desc(struct diff_owners *o, struct stet_strv *packages, struct diff_text rest,
                     struct stet_error *err)
{
    struct diff_text line, name = {0}, version = {0}, arch = {0}, *to = NULL;
    while (stet_diff_text_line(&rest, &line)) {
        if (to)
            *to = line;
        to = NULL;
        struct diff_text value;
        if (after(line, "%NAME%", &value))
            to = &name;
        else if (after(line, "%VERSION%", &value))
            to = &version;
        else if (after(line, "%ARCH%", &value))
            to = &arch;
    }
    return add_package(o, packages, name, version, arch, err);
}

/* The package of var/lib/pacman/local/NAME-VERSION-RELEASE/…: dir begins at NAME. */
static struct diff_text pacman_name(const char *dir)
{
    size_t end = strcspn(dir, "/");
    for (int hyphens = 0; end > 0 && hyphens < 2;)
        hyphens += dir[--end] == '-';
    return (struct diff_text){dir, end};
}

static int read_files(struct diff_owners *o, const char *dir, struct diff_text rest,
                      struct stet_error *err)
{
    struct diff_text line, name = pacman_name(dir);
    bool files = false;
    if (!fits(name))
        return 0;
    size_t package = keep(o, name);
    while (stet_diff_text_line(&rest, &line)) {
        struct diff_text value;
        if (line.len == 0 || line.s[0] == '%')
            files = after(line, "%FILES%", &value);
        else if (files && add_path(o, line, package, err) < 0)
            return -1;
    }
    return stet_buffer_check(&o->text, "the list of packages' files", err);
}

/* apk's installed: P: V: A:, then F:directory and R:file in it. */
static int read_installed(struct diff_owners *o, struct stet_strv *packages, struct diff_text rest,
                          struct stet_error *err)
{
    struct diff_text line, name = {0}, version = {0}, arch = {0}, folder = {0}, value;
    size_t package = 0;
    bool known = false, more = true;
    char path[4096];
    while (more) {
        more = stet_diff_text_line(&rest, &line);
        if (!more || line.len == 0) {
            if (add_package(o, packages, name, version, arch, err) < 0)
                return -1;
            name = version = arch = folder = (struct diff_text){0};
            known = false;
        } else if (after(line, "P:", &name)) {
            known = fits(name) && o->text.len < TEXT_MAX;
            package = known ? keep(o, name) : 0;
        } else if (after(line, "F:", &folder)) {
            if (known && add_path(o, folder, package, err) < 0)
                return -1;
        } else if (after(line, "R:", &value) && known && folder.len + value.len + 2 < sizeof path) {
            int n = snprintf(path, sizeof path, "%.*s/%.*s", (int)folder.len, folder.s,
                             (int)value.len, value.s);
            if (n > 0 && add_path(o, (struct diff_text){path, (size_t)n}, package, err) < 0)
                return -1;
        } else if (!after(line, "V:", &version)) {
            after(line, "A:", &arch);
        }
    }
    return stet_buffer_check(&o->text, "the list of packages' files", err);
}

/* What follows dir in path, when path ends in suffix. */
static const char *below(const char *path, const char *dir, const char *suffix)
{
    size_t n = strlen(dir), len = strlen(path), end = strlen(suffix);
    if (strncmp(path, dir, n) != 0 || len <= n + end || strcmp(path + len - end, suffix) != 0)
        return NULL;
    return path + n;
}

static const char INFO[] = "var/lib/dpkg/info/";
static const char STATUS_D[] = "var/lib/dpkg/status.d/";
static const char LOCAL[] = "var/lib/pacman/local/";

static bool is_status(const char *path)
{
    return strcmp(path, "var/lib/dpkg/status") == 0 ||
           (below(path, STATUS_D, "") && !below(path, STATUS_D, ".md5sums"));
}

static bool is_installed(const char *path)
{
    return strcmp(path, "lib/apk/db/installed") == 0 ||
           strcmp(path, "usr/lib/apk/db/installed") == 0;
}

bool stet_diff_owners_wants(const char *path)
{
    return is_status(path) || is_installed(path) || below(path, INFO, ".list") ||
           below(path, LOCAL, "/desc") || below(path, LOCAL, "/files");
}

int stet_diff_owners_read(struct diff_owners *o, struct stet_strv *packages, const char *path,
                          const char *data, size_t len, struct stet_error *err)
{
    const struct diff_text all = {data, len};
    if (o->text.len >= TEXT_MAX)
        return 0;
    if (is_status(path))
        return read_status(o, packages, all, err);
    if (is_installed(path))
        return read_installed(o, packages, all, err);
    if (below(path, INFO, ".list"))
        return read_list(o, below(path, INFO, ".list"), all, err);
    if (below(path, LOCAL, "/desc"))
        return read_desc(o, packages, all, err);
    return below(path, LOCAL, "/files") ? read_files(o, below(path, LOCAL, "/files"), all, err) : 0;
}

/* ---- asking ---- */

static int compare(const void *a, const void *b, void *text)
{
    const struct diff_owner *x = a, *y = b;
    const char *t = text;
    int order = strcmp(t + x->key, t + y->key);
    return order ? order : strcmp(t + x->value, t + y->value);
}

/* Sorts, and makes one of those with the same key. */
static void settle(struct diff_owners *o, struct diff_owners_list *list)
{
    const char *t = o->text.data;
    size_t n = 0;
    if (list->count == 0)
        return;
    qsort_r(list->items, list->count, sizeof *list->items, compare, o->text.data);
    for (size_t i = 1; i < list->count; i++) {
        struct diff_owner *last = &list->items[n], *next = &list->items[i];
        if (strcmp(t + last->key, t + next->key) != 0)
            list->items[++n] = *next;
        else if (strcmp(t + last->value, t + next->value) != 0)
            last->shared = true;
    }
    list->count = n + 1;
}

int stet_diff_owners_finish(struct diff_owners *o, struct stet_error *err)
{
    if (stet_buffer_check(&o->text, "the list of packages' files", err) < 0)
        return -1;
    settle(o, &o->paths);
    settle(o, &o->versions);
    return 0;
}

/* The value of key in list; NULL: none, or several. */
static const char *look_up(const struct diff_owners *o, const struct diff_owners_list *list,
                           const char *key, bool *found)
{
    size_t low = 0, high = list->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct diff_owner *item = &list->items[middle];
        int order = strcmp(o->text.data + item->key, key);
        if (order == 0) {
            *found = true;
            return item->shared ? NULL : o->text.data + item->value;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* The package of a file of the database itself: dpkg's info/NAME.postinst, pacman's local/NAME-VERSION-RELEASE/desc. */
static const char *database_owner(const struct diff_owners *o, const char *path)
{
    char name[NAME_MAX_];
    const char *rest = below(path, INFO, "");
    struct diff_text s = {0};
    if (rest && strrchr(rest, '.')) {
        s = (struct diff_text){rest, (size_t)(strrchr(rest, '.') - rest)};
        s.len = memchr(s.s, ':', s.len) ? strcspn(s.s, ":") : s.len;
    } else if ((rest = below(path, LOCAL, ""))) {
        s = pacman_name(rest);
    }
    if (!fits(s))
        return NULL;
    memcpy(name, s.s, s.len);
    name[s.len] = '\0';
    /* Its name as it is kept, which is the key. */
    size_t low = 0, high = o->versions.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *key = o->text.data + o->versions.items[middle].key;
        int order = strcmp(key, name);
        if (order == 0)
            return key;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *stet_diff_owners_find(const struct diff_owners *o, const char *path)
{
    bool found;
    const char *owner = look_up(o, &o->paths, path, &found);
    /* What packages call /lib/… is below /usr where the two are merged. */
    if (!found && strncmp(path, "usr/", 4) == 0)
        owner = look_up(o, &o->paths, path + 4, &found);
    return found ? owner : database_owner(o, path);
}

const char *stet_diff_owners_version(const struct diff_owners *o, const char *package)
{
    bool found;
    return look_up(o, &o->versions, package, &found);
}
