/*
 * Random valid recipes and locks: what is printed is read back, to the byte, and a recipe written
 * as YAML gives the same recipe as the lock that embeds it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/recipe/lock.h"
#include "lib/recipe/recipe.h"

enum { ROUNDS = 400 };

/* xorshift64*; the same seed gives the same lock everywhere. */
static uint64_t seed;
static unsigned below(unsigned n)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}
static bool maybe(void)
{
    return below(2);
}
static const char *pick(const char *const *list)
{
    unsigned n = 0;
    while (list[n])
        n++;
    return list[below(n)];
}
#define PICK(...) pick((const char *const[]){__VA_ARGS__, NULL})

static char *copy(const char *s)
{
    char *c = stet_strdup(s, NULL);
    assert_non_null(c);
    return c;
}
static void add(struct stet_strv *v, const char *s)
{
    assert_int_equal(stet_strv_add(v, s, NULL), 0);
}
static const char *any_text(void)
{
    return PICK("", "a", "no", "1.10", "null", "~", "two words", "a\nb\n", "tab\t", "\"quoted\\\"",
                "d\303\251j\303\240 \360\237\220\247", "x: y", "# no comment", "\x01\x7f", "'",
                "- a");
}

static void fill_map(struct stet_recipe_map *m)
{
    static const char *const keys[] = {"A", "B.c", "C-1", "D_E", "LANG", "a"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!maybe())
            continue;
        assert_int_equal(stet_grow(&m->items, &m->cap, m->count + 1, sizeof *m->items, NULL), 0);
        m->items[m->count].key = copy(keys[i]);
        m->items[m->count++].value = copy(any_text());
    }
}

static void fill_list(struct stet_strv *v, const char *const *from)
{
    for (; *from; from++)
        if (maybe())
            add(v, *from);
}
#define FILL_LIST(v, ...) fill_list(v, (const char *const[]){__VA_ARGS__, NULL})

static void fill_files(struct stet_recipe *r)
{
    for (unsigned n = below(3); n > 0; n--) {
        assert_int_equal(
            stet_grow(&r->files, &r->file_cap, r->file_count + 1, sizeof *r->files, NULL), 0);
        struct stet_recipe_file *f = &r->files[r->file_count++];
        f->from = copy(PICK("motd", "a b", "d/e"));
        f->to = stet_format(NULL, "/etc/%u", n);
        f->mode = below(010000);
        f->content_len = below(100);
        f->content = malloc(100);
        for (size_t i = 0; i < f->content_len; i++)
            f->content[i] = (unsigned char)below(256);
    }
}

static void fill_image(struct stet_recipe_image *image)
{
    for (unsigned n = below(4); n > 0; n--)
        add(&image->cmd, any_text());
    if (maybe())
        add(&image->entrypoint, "/sbin/init");
    fill_map(&image->env);
    fill_map(&image->labels);
    image->user = maybe() ? copy(PICK("root", "0:0", "1000")) : NULL;
    image->working_dir = maybe() ? copy(PICK("/", "/srv", "/a b")) : NULL;
    image->stop_signal = maybe() ? copy(PICK("SIGTERM", "9", "SIGRTMIN+3")) : NULL;
    FILL_LIST(&image->exposed_ports, "80", "443/tcp", "53/udp");
    FILL_LIST(&image->volumes, "/var/lib/x", "/data");
}

static void fill_debian(struct stet_recipe *r)
{
    r->suite = maybe() ? copy(PICK("trixie", "v3.20", "buster/updates")) : NULL;
    r->suites_given = maybe();
    if (r->suites_given)
        FILL_LIST(&r->suites, "trixie-updates", "trixie-security");
    FILL_LIST(&r->components, "main", "contrib", "non-free");
    r->check_valid_until = maybe();
    r->base = maybe() ? copy(PICK("essential", "minbase")) : NULL;
    r->sources = (enum stet_recipe_sources)below(3);
    if (r->sources == STET_SOURCES_OWN) {
        add(&r->own_sources, "deb http://example.org/ trixie main");
        FILL_LIST(&r->own_sources, "Types: deb\nURIs: http://example.org", "# \303\251");
    }
}

static void fill_arch(struct stet_recipe *r)
{
    FILL_LIST(&r->repositories, "core", "extra", "my_own-1.0");
    r->siglevel = (enum stet_siglevel)below(3);
    r->database_siglevel = (enum stet_siglevel)below(3);
    FILL_LIST(&r->noextract, "usr/share/man/*", "!usr/share/man/man1/*", "a b");
    r->sources = (enum stet_recipe_sources)below(3);
    if (r->sources == STET_SOURCES_OWN)
        FILL_LIST(&r->own_sources, "Server = https://example.org/$repo/os/$arch", "# \303\251");
    if (r->sources == STET_SOURCES_OWN && r->own_sources.count == 0)
        add(&r->own_sources, "#");
    r->public_keyring = maybe();
}

static void fill_recipe(struct stet_recipe *r)
{
    stet_recipe_init(r);
    r->name = copy(PICK("debian", "x.y-z_0", "A"));
    r->ecosystem = copy(PICK("debian", "arch", "alpine"));
    r->architecture = copy(PICK("amd64", "x86_64"));
    if (maybe())
        FILL_LIST(&r->mirrors, "http://example.org/a", "file:///srv", "https://[::1]:8/~a");
    if (r->mirrors.count == 0)
        add(&r->mirrors, "system");
    r->keyring = maybe() ? copy("/usr/share/keyrings/a b.gpg") : NULL;
    FILL_LIST(&r->keys, "/etc/apk/keys", "/k.pub");
    FILL_LIST(&r->packages, "bash", "g++=1:2", "libc6:i386", "a>=2");
    FILL_LIST(&r->exclude, "usr/share/doc/**", "var/log/[a-z]?");
    FILL_LIST(&r->include, "usr/share/doc/*/copyright");
    fill_files(r);
    r->epoch_auto = maybe();
    r->epoch = r->epoch_auto ? 0 : (int64_t)below(UINT32_MAX) * 50;
    if (strcmp(r->ecosystem, "debian") == 0)
        fill_debian(r);
    else if (strcmp(r->ecosystem, "arch") == 0)
        fill_arch(r);
    fill_image(&r->image);
}

static struct stet_digest any_digest(void)
{
    struct stet_digest d;
    for (size_t i = 0; i < sizeof d.bytes; i++)
        d.bytes[i] = (unsigned char)below(256);
    return d;
}

static uint64_t any_size(void)
{
    return maybe() ? below(1000) : (uint64_t)STET_LOCK_INTEGER_MAX - below(2);
}

static void fill_index(struct stet_lock_index *x)
{
    x->suite = copy(PICK("trixie", "trixie-security"));
    x->component = maybe() ? copy("main") : NULL;
    x->mirror = copy("https://example.org/debian");
    x->url = copy(PICK("https://example.org/debian/Packages.xz", "file:///srv/by-hash/SHA256/0"));
    x->size = any_size();
    x->digest = any_digest();
    x->release_url = copy("https://example.org/InRelease");
    x->release_digest = any_digest();
    x->release_date = maybe() ? STET_LOCK_TIME_MAX : (int64_t)below(UINT32_MAX);
    FILL_LIST(&x->signed_by, "0123456789ABCDEF0123456789ABCDEF01234567",
              "1123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF");
}

static void fill_package(struct stet_lock_package *p, unsigned number, unsigned stage)
{
    p->name = stet_format(NULL, "%s%u", PICK("g++", "a.b", "A_", "@x-"), number);
    p->version = copy(PICK("1:2-3", "2.41~rc1+b2", "20260101-r0"));
    p->architecture = copy(PICK("all", "amd64", "x86_64"));
    p->size = any_size();
    p->digest = any_digest();
    add(&p->urls, "https://example.org/pool/a_1%3a2.deb");
    FILL_LIST(&p->urls, "http://example.org/x", "file:///y");
    p->reason = copy(PICK("essential", "required", "base", "requested", "dependency"));
    p->needed_by = strcmp(p->reason, "dependency") == 0 && maybe() ? copy("bash") : NULL;
    p->stage = stage;
    FILL_LIST(&p->signed_by, "0123456789ABCDEF0123456789ABCDEF01234567",
              "2123456789ABCDEF0123456789ABCDEF01234567");
    FILL_LIST(&p->validation, "sha256");
    if (p->signed_by.count > 0 && (p->validation.count > 0 || maybe()))
        add(&p->validation, "pgp");
}

static void fill_lock(struct stet_lock *l)
{
    stet_lock_init(l);
    fill_recipe(&l->recipe);
    l->format = below(4);
    l->epoch = below(UINT32_MAX);
    for (unsigned n = below(4); n > 0; n--)
        fill_index(stet_lock_add_index(l, NULL));
    unsigned stage = 0;
    for (unsigned i = 0, n = below(12); i < n; i++) {
        stage += i > 0 && maybe();
        fill_package(stet_lock_add_package(l, NULL), i, stage);
    }
}

static void print(const struct stet_lock *l, enum stet_json_layout layout, struct stet_buffer *out)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_lock_print(l, layout, out, &err) < 0)
        fail_msg("%s", err.text);
}

static void parse(const struct stet_buffer *text, struct stet_lock *l)
{
    struct stet_error err = STET_ERROR_INIT;
    if (stet_lock_parse(text->data, text->len, "random", 3, l, &err) < 0)
        fail_msg("%s\n%s", err.text, text->data);
}

static void locks_round_trip(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct stet_lock l, again, third;
        struct stet_digest before, after;
        _cleanup_buffer_ struct stet_buffer first = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer second = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer compact = STET_BUFFER_INIT;
        seed = UINT64_C(0x9e3779b97f4a7c15) * round;
        fill_lock(&l);
        print(&l, STET_JSON_INDENTED, &first);
        parse(&first, &again);
        print(&again, STET_JSON_INDENTED, &second);
        assert_string_equal(stet_buffer_str(&first), stet_buffer_str(&second));
        print(&again, STET_JSON_COMPACT, &compact);
        parse(&compact, &third);
        assert_int_equal(stet_lock_digest(&l, &before, NULL), 0);
        assert_int_equal(stet_lock_digest(&third, &after, NULL), 0);
        assert_true(stet_digest_equal(&before, &after));
        assert_true(stet_lock_looks_like(first.data, first.len));
        stet_lock_release(&l);
        stet_lock_release(&again);
        stet_lock_release(&third);
    }
}

/* ---- the same recipe as YAML, in one of several styles ---- */

static void yaml_text(struct stet_buffer *b, const char *s)
{
    stet_buffer_add_char(b, '"');
    for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
        if (*p == '"' || *p == '\\')
            stet_buffer_addf(b, "\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            stet_buffer_addf(b, "\\x%02x", *p);
        else
            stet_buffer_add_char(b, (char)*p);
    }
    stet_buffer_add_char(b, '"');
}

static void yaml_string(struct stet_buffer *b, const char *indent, const char *key, const char *s)
{
    if (!s)
        return;
    stet_buffer_addf(b, "%s%s: ", indent, key);
    yaml_text(b, s);
    stet_buffer_add_char(b, '\n');
}

static void yaml_list(struct stet_buffer *b, const char *indent, const char *key,
                      const struct stet_strv *v, const char *prefix)
{
    bool flow = maybe() || v->count == 0;
    stet_buffer_addf(b, "%s%s:%s", indent, key, flow ? " [" : "\n");
    for (size_t i = 0; i < v->count; i++) {
        _cleanup_free_ char *item = stet_format(NULL, "%s%s", prefix, v->items[i]);
        stet_buffer_addf(b, "%s", flow ? "" : indent);
        stet_buffer_add_str(b, flow ? "" : "- ");
        yaml_text(b, item);
        stet_buffer_add_str(b, flow ? ", " : "\n");
    }
    stet_buffer_add_str(b, flow ? "]\n" : "");
}

static void yaml_map(struct stet_buffer *b, const char *key, const struct stet_recipe_map *m)
{
    stet_buffer_addf(b, "  %s: {", key);
    /* Backwards: the order of a mapping does not matter. */
    for (size_t i = m->count; i-- > 0;) {
        stet_buffer_addf(b, "%s: ", m->items[i].key);
        yaml_text(b, m->items[i].value);
        stet_buffer_add_str(b, ", ");
    }
    stet_buffer_add_str(b, "}\n");
}

static void yaml_image(struct stet_buffer *b, const struct stet_recipe_image *image)
{
    stet_buffer_add_str(b, "image:\n");
    yaml_list(b, "  ", "cmd", &image->cmd, "");
    yaml_list(b, "  ", "entrypoint", &image->entrypoint, "");
    yaml_map(b, "env", &image->env);
    yaml_map(b, "labels", &image->labels);
    yaml_string(b, "  ", "user", image->user);
    yaml_string(b, "  ", "working-dir", image->working_dir);
    yaml_string(b, "  ", "stop-signal", image->stop_signal);
    yaml_list(b, "  ", "exposed-ports", &image->exposed_ports, "");
    yaml_list(b, "  ", "volumes", &image->volumes, "");
}

static void yaml_files(struct stet_buffer *b, const struct stet_recipe *r)
{
    stet_buffer_add_str(b, "files:\n");
    for (size_t i = 0; i < r->file_count; i++)
        stet_buffer_addf(b, "- {from: %s, to: %s, mode: '%04o'}\n", r->files[i].from,
                         r->files[i].to, r->files[i].mode);
}

static void yaml_sources(struct stet_buffer *b, const char *key, const struct stet_recipe *r)
{
    if (r->sources == STET_SOURCES_OWN)
        yaml_list(b, "", key, &r->own_sources, "");
    else
        yaml_string(b, "", key, r->sources == STET_SOURCES_NONE ? "none" : "locked");
}

static void yaml_debian(struct stet_buffer *b, const struct stet_recipe *r)
{
    yaml_string(b, "", "suite", r->suite);
    if (r->suites_given)
        yaml_list(b, "", "suites", &r->suites, "");
    yaml_list(b, "", "components", &r->components, "");
    stet_buffer_addf(b, "check-valid-until: %s\n", r->check_valid_until ? "true" : "false");
    yaml_string(b, "", "base", r->base);
    yaml_sources(b, "apt-sources", r);
}

static void yaml_arch(struct stet_buffer *b, const struct stet_recipe *r)
{
    static const char *const levels[] = {"required", "optional", "never"};
    yaml_list(b, "", "repositories", &r->repositories, "");
    yaml_string(b, "", "siglevel", levels[r->siglevel]);
    yaml_string(b, "", "database-siglevel", levels[r->database_siglevel]);
    yaml_list(b, "", "noextract", &r->noextract, "");
    yaml_sources(b, "mirrorlist", r);
    yaml_string(b, "", "pacman-keyring", r->public_keyring ? "public" : "none");
}

static void yaml_recipe(struct stet_buffer *b, const struct stet_recipe *r)
{
    char epoch[STET_TIME_TEXT_MAX];
    stet_time_format(r->epoch, epoch);
    yaml_image(b, &r->image);
    if (r->file_count > 0)
        yaml_files(b, r);
    stet_buffer_addf(b, "ecosystem: %s\nstet: 1\n", r->ecosystem);
    yaml_string(b, "", "name", r->name);
    yaml_string(b, "", "architecture", r->architecture);
    if (strcmp(r->mirrors.items[0], "system") != 0)
        yaml_list(b, "", "mirror", &r->mirrors, "");
    yaml_string(b, "", "keyring", r->keyring);
    yaml_list(b, "", "keys", &r->keys, "");
    yaml_list(b, "", "packages", &r->packages, "");
    yaml_list(b, "", "exclude", &r->exclude, "/");
    yaml_list(b, "", "include", &r->include, "/");
    /* Unquoted: YAML may see a timestamp. */
    stet_buffer_addf(b, "epoch: %s\n", r->epoch_auto ? "auto" : epoch);
    if (strcmp(r->ecosystem, "debian") == 0)
        yaml_debian(b, r);
    else if (strcmp(r->ecosystem, "arch") == 0)
        yaml_arch(b, r);
}

/* A recipe of its own has no contents: they are beside it. */
static void move_contents(struct stet_recipe *from, struct stet_recipe *to)
{
    assert_int_equal(from->file_count, to->file_count);
    for (size_t i = 0; i < from->file_count; i++) {
        assert_null(to->files[i].content);
        to->files[i].content = stet_steal_pointer(&from->files[i].content);
        to->files[i].content_len = from->files[i].content_len;
        from->files[i].content_len = 0;
    }
}

static void recipes_read_alike_from_yaml_and_lock(void **state)
{
    (void)state;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        struct stet_lock l;
        struct stet_error err = STET_ERROR_INIT;
        _cleanup_buffer_ struct stet_buffer yaml = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer first = STET_BUFFER_INIT;
        _cleanup_buffer_ struct stet_buffer second = STET_BUFFER_INIT;
        seed = UINT64_C(0xd1342543de82ef95) * round;
        fill_lock(&l);
        print(&l, STET_JSON_INDENTED, &first);
        yaml_recipe(&yaml, &l.recipe);
        struct stet_recipe old = l.recipe;
        if (stet_recipe_parse(yaml.data, yaml.len, "random.yaml", &l.recipe, &err) < 0)
            fail_msg("%s\n%s", err.text, yaml.data);
        move_contents(&old, &l.recipe);
        print(&l, STET_JSON_INDENTED, &second);
        assert_string_equal(stet_buffer_str(&first), stet_buffer_str(&second));
        stet_recipe_release(&old);
        stet_lock_release(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_round_trip),
        cmocka_unit_test(recipes_read_alike_from_yaml_and_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
