/* The triggers of packages and what the root has of them already. The first byte chooses which of
 * the files the rest is. */
#include "fuzz_root.h"
#include "lib/distro/debian/dpkgdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRIGGERS, FILE_INTERESTS, UNINCORP, NAMED, INPUTS };

static const char *const directories[] = {"var/lib/dpkg/triggers", NULL};
static const char *const files[] = {[FILE_INTERESTS] = "var/lib/dpkg/triggers/File",
                                    [UNINCORP] = "var/lib/dpkg/triggers/Unincorp",
                                    [NAMED] = "var/lib/dpkg/triggers/ldconfig"};

/* What the packages say goes into files with a line for each: nothing may add a line or leave the
 * directory. */
static void check_written(int root)
{
    struct stet_buffer b = STET_BUFFER_INIT;
    if (stet_fs_read_in(root, "var/lib/dpkg/triggers/File", 1 << 22, &b, NULL) == 0)
        for (const char *p = stet_buffer_str(&b); *p; p = strchrnul(p, '\n') + 1) {
            const char *end = strchr(p, '\n');
            if (!end || *p != '/' || !memchr(p, ' ', (size_t)(end - p)))
                abort();
            if (!end[1])
                break;
        }
    stet_buffer_release(&b);
}

static void run(struct stet_build_context *ctx, uint8_t *data, size_t size)
{
    struct stet_debian_state *state = ctx->state;
    struct stet_debian_package *p = &state->packages[0];
    struct stet_debian_control_file file = {
        .name = (char *)"triggers", .data = data, .len = size, .mode = 0644};
    struct stet_error err = STET_ERROR_INIT;
    p->infix = stet_strdup("a", NULL);
    p->files = &file;
    p->file_count = 1;
    if (!p->infix || stet_strv_add(&p->list, "/usr/share/x", NULL) < 0)
        abort();
    if (stet_dpkgdb_write_triggers(ctx, 1, &err) < 0 &&
        (err.kind != STET_ERROR_INPUT || !err.text[0] || strchr(err.text, '\n')) &&
        err.kind != STET_ERROR_ENVIRONMENT) /* an ordinary user cannot give files to root */
        abort();
    p->files = NULL;
    p->file_count = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char triggers[] = "interest-noawait /usr/share/y\nactivate ldconfig\n"
                                   "interest ldconfig\n";
    static const char interests[] = "/usr/share/x b\n";
    struct stet_lock lock;
    if (size == 0)
        return 0;
    int which = data[0] % INPUTS;
    stet_lock_init(&lock);
    struct stet_lock_package *locked = stet_lock_add_package(&lock, NULL);
    if (!locked)
        abort();
    locked->name = stet_strdup("a", NULL);
    locked->stage = 1;
    struct stet_build_context ctx = {.lock = &lock, .root = fuzz_root(directories)};
    ctx.state = stet_debian_state_new(&lock, NULL);
    if (!ctx.state)
        abort();
    fuzz_root_write(files[FILE_INTERESTS], interests, strlen(interests));
    fuzz_root_write(files[UNINCORP], "", 0);
    fuzz_root_write(files[NAMED], "", 0);
    if (which != TRIGGERS)
        fuzz_root_write(files[which], data + 1, size - 1);
    uint8_t *own = malloc(size + sizeof triggers);
    if (!own)
        abort();
    if (which == TRIGGERS)
        memcpy(own, data + 1, size - 1);
    else
        memcpy(own, triggers, sizeof triggers);
    run(&ctx, own, which == TRIGGERS ? size - 1 : strlen(triggers));
    if (which == TRIGGERS)
        check_written(ctx.root);
    free(own);
    stet_debian_state_free(ctx.state);
    stet_lock_release(&lock);
    return 0;
}
