#include "tests/unit/arch/resolve_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/gpg.h"
#include "tests/support/server.h"

char *fixture_dir;

static struct stet_store *store;

static const char functions[] =
    "file() { ls \"$1/$2\"-[0-9]*.pkg.tar.gz; }\n"
    "pkg() { folder=$1 name=$2 version=$3; shift 3\n"
    "  rm -rf root; entry=$folder/entries/$name; mkdir -p root/usr \"$entry\"\n"
    "  { printf 'pkgname = %s\\npkgver = %s\\n' \"${inside_name:-$name}\" "
    "\"${inside_version:-$version}\"\n"
    "    printf 'builddate = %s\\nsize = 1\\narch = %s\\n' \"${built:-1583000000}\" "
    "\"${inside_arch:-x86_64}\"\n"
    "    for d; do printf 'depend = %s\\n' \"$d\"; done; } > root/.PKGINFO\n"
    "  echo \"$name\" > \"root/usr/$name\"\n"
    "  f=$folder/$name-$version-x86_64.pkg.tar.gz\n"
    "  tar --force-local -C root -czf \"$f\" .PKGINFO usr\n"
    "  { printf '%%FILENAME%%\\n%s\\n\\n%%NAME%%\\n%s\\n\\n' \"${f##*/}\" \"$name\"\n"
    "    printf '%%BASE%%\\n%s\\n\\n%%VERSION%%\\n%s\\n\\n' \"$name\" \"$version\"\n"
    "    printf '%%CSIZE%%\\n%s\\n\\n%%ISIZE%%\\n1\\n\\n' \"$(stat -c %s \"$f\")\"\n"
    "    printf '%%SHA256SUM%%\\n%s\\n\\n' \"$(sha256sum < \"$f\" | cut -d' ' -f1)\"\n"
    "    printf '%%ARCH%%\\nx86_64\\n\\n%%BUILDDATE%%\\n%s\\n\\n' \"${built:-1583000000}\"\n"
    "    [ $# = 0 ] || { printf '%%DEPENDS%%\\n'; printf '%s\\n' \"$@\"; echo; }\n"
    "  } > \"$entry/desc\"; }\n"
    "edit() { sed -i \"$3\" \"$1/entries/$2/desc\"; }\n"
    "embed() { printf '%%PGPSIG%%\\n%s\\n\\n' \"$(base64 -w0 \"$(file \"$1\" \"$2\").sig\")\" "
    ">> \"$1/entries/$2/desc\"; }\n"
    "db() { folder=$1 db=$2; shift 2; rm -rf tree; mkdir tree\n"
    "  for n; do v=$(sed -n '/^%VERSION%/{n;p}' \"$folder/entries/$n/desc\")\n"
    "    mkdir \"tree/$n-$v\"; cp \"$folder/entries/$n/desc\" \"tree/$n-$v/desc\"; done\n"
    "  (cd tree && tar --force-local -czf \"../$folder/$db.db\" -- *); }\n"
    "signs() { sign \"$1\" 20200301T000000 \"$(file \"$2\" \"$3\")\"; }\n";

void fixture_run(const char *script)
{
    struct stet_error err = STET_ERROR_INIT;
    char *text = stet_format(&err, "%s%s", functions, script);
    assert_non_null(text);
    stet_test_gpg(fixture_dir, text);
    free(text);
}

int fixture_begin(void **state)
{
    (void)state;
    fixture_dir = stet_test_dir_new();
    fixture_run(
        "for k in Good Other Stranger Gone; do key $k 20200101T000000 never; done\n"
        "key Old 20200101T000000 20210101T000000\n"
        "for k in Good Other Stranger Gone Old; do fingerprint $k > $k.fpr; done\n"
        "sed 's/^:\\(---\\)/\\1/' \"$GNUPGHOME/openpgp-revocs.d/$(cat Gone.fpr).rev\" > gone\n"
        "pkg good lib 1-1; pkg good base 2-1 lib; pkg good tool 1:3-1 'lib>=1'\n"
        "for n in lib base tool; do signs Good good $n; done\n"
        "embed good base; rm \"$(file good base).sig\"\n"
        "db good core base lib; db good extra tool\n"
        "cp -a good gone-signed; signs Gone gone-signed lib\n"
        "g --import gone\n"
        "g --export =Good =Other =Old =Gone > keyring.gpg");
    return 0;
}

int fixture_end(void **state)
{
    (void)state;
    stet_test_gpg_stop(fixture_dir);
    stet_test_dir_remove(fixture_dir);
    return 0;
}

int fixture_set_up(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char *path = stet_format(&err, "%s/store", fixture_dir);
    (void)state;
    store = stet_store_open(path, NULL, &err);
    free(path);
    assert_non_null(store);
    return 0;
}

int fixture_tear_down(void **state)
{
    struct stet_error err = STET_ERROR_INIT;
    char *path = stet_format(&err, "%s/store", fixture_dir);
    (void)state;
    stet_store_free(store);
    assert_int_equal(stet_fs_remove(AT_FDCWD, path, &err), 0);
    free(path);
    return 0;
}

static void add_words(struct stet_strv *out, const char *words)
{
    struct stet_error err = STET_ERROR_INIT;
    while (*(words += strspn(words, " "))) {
        size_t len = strcspn(words, " ");
        if (*words == '%')
            assert_int_equal(
                stet_strv_addf(out, &err, "file://%s%.*s", fixture_dir, (int)len - 1, words + 1),
                0);
        else
            assert_int_equal(stet_strv_addf(out, &err, "%.*s", (int)len, words), 0);
        words += len;
    }
}

int fixture_resolve(const struct fixture_recipe *r, struct stet_lock *lock, struct stet_error *err)
{
    char *root = stet_format(err, "%s/machine", fixture_dir);
    struct stet_resolve_context ctx = {.store = store,
                                       .offline = r->offline,
                                       .net = {.attempts = 1},
                                       .log = r->log,
                                       .now = FIXTURE_NOW,
                                       .apt_root = root};
    stet_lock_init(lock);
    lock->format = 1;
    stet_recipe_init(&lock->recipe);
    lock->recipe.name = stet_strdup("test", err);
    lock->recipe.ecosystem = stet_strdup("arch", err);
    lock->recipe.architecture = stet_strdup("x86_64", err);
    lock->recipe.directory = stet_strdup(fixture_dir, err);
    lock->recipe.keyring = stet_strdup(r->keyring ? r->keyring : "keyring.gpg", err);
    lock->recipe.siglevel = r->siglevel;
    lock->recipe.database_siglevel = r->database;
    lock->recipe.epoch_auto = true;
    add_words(&lock->recipe.mirrors, r->mirrors ? r->mirrors : "%/good");
    add_words(&lock->recipe.repositories, r->repositories ? r->repositories : "core extra");
    add_words(&lock->recipe.packages, r->packages ? r->packages : "base");
    int result = stet_arch_complete_recipe(&lock->recipe, err);
    if (result == 0)
        result = stet_arch_resolve(&ctx, lock, err);
    free(root);
    return result;
}

/* The name of the key with this fingerprint. */
static const char *key_name(const char *fingerprint)
{
    static const char *const names[] = {"Good", "Other", "Old", "Gone", "Stranger"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "%s.fpr", names[i]);
        char *want = stet_format(NULL, "%s\n", fingerprint);
        bool is = stet_test_same(fixture_dir, line, want, strlen(want));
        free(want);
        if (is)
            return names[i];
    }
    return fingerprint;
}

void fixture_expect(const struct fixture_recipe *r, const char *packages)
{
    struct stet_buffer got = STET_BUFFER_INIT;
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    if (fixture_resolve(r, &lock, &err) < 0)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < lock.package_count; i++) {
        const struct stet_lock_package *p = &lock.packages[i];
        stet_buffer_addf(&got, "%s %s %s %s", p->name, p->version, p->reason,
                         p->needed_by ? p->needed_by : "-");
        for (size_t k = 0; k < p->signed_by.count; k++)
            stet_buffer_addf(&got, " %s", key_name(p->signed_by.items[k]));
        stet_buffer_add_char(&got, '\n');
    }
    assert_string_equal(stet_buffer_str(&got), packages);
    stet_buffer_release(&got);
    stet_lock_release(&lock);
}

void fixture_refuse(const struct fixture_recipe *r, const char *error)
{
    struct stet_error err = STET_ERROR_INIT;
    struct stet_lock lock;
    if (fixture_resolve(r, &lock, &err) == 0)
        fail_msg("not refused: %s", error);
    if (!strstr(err.text, error))
        fail_msg("\"%s\" instead of \"%s\"", err.text, error);
    stet_lock_release(&lock);
}
