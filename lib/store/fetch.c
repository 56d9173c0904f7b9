/*
 * Fetching: rounds of downloads until every item is there. In a round each missing item is
 * downloaded by the process that gets the lock of its partial file; items whose lock another holds
 * are looked at again in the next round. Locks are held only while their own download runs, never
 * while waiting, so two processes cannot wait for each other in a circle.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>

#include "lib/store/internal.h"

enum { WAIT_MS = 50 };

/* One item's download: the sink of its request. */
struct part {
    struct stet_store *store;
    struct stet_store_item *item;
    char name[STET_DIGEST_HEX_SIZE]; /* in partial/ */
    int fd;                          /* locked; -1: not under way */
    int64_t have;
    struct stet_digest_state sha;
    bool settled; /* present, or absent for good */
    const struct stet_log *log;
};

struct fetch {
    struct stet_store *store;
    struct stet_store_item *items;
    size_t count;
    struct part *parts; /* of what is missing, the largest first */
    size_t part_count;
    struct stet_net_request *requests; /* one a part, of the unsettled ones of a round */
    const struct stet_net_options *options;
    const struct stet_log *log;
};

static void part_close(struct part *p)
{
    stet_digest_release(&p->sha);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static int part_present(struct part *p)
{
    p->item->present = true;
    p->settled = true;
    part_close(p);
    return 1;
}

/* Ends the hash over all that was received: is it the content? */
static int part_verify(struct part *p, struct stet_digest *got, struct stet_error *err)
{
    if (stet_digest_finish(&p->sha, got, err) < 0)
        return -1;
    return stet_digest_equal(got, &p->item->digest) ? 1 : 0;
}

static int part_restart(void *ctx, struct stet_error *err)
{
    struct part *p = ctx;
    stet_digest_release(&p->sha);
    p->have = 0;
    if (ftruncate(p->fd, 0) < 0 || lseek(p->fd, 0, SEEK_SET) < 0)
        return stet_store_write_error(p->store, errno, err);
    return stet_digest_begin(&p->sha, err);
}

static int part_data(void *ctx, const void *data, size_t len, struct stet_error *err)
{
    struct part *p = ctx;
    struct stet_error local = STET_ERROR_INIT;
    if (stet_fs_write_fd(p->fd, p->name, data, len, &local) < 0)
        return stet_store_write_error(p->store, local.errnum, err);
    p->have += (int64_t)len;
    return stet_digest_update(&p->sha, data, len, err);
}

static int part_done(void *ctx, const char *url, struct stet_error *err)
{
    struct part *p = ctx;
    struct stet_digest got;
    char hex[STET_DIGEST_HEX_SIZE];
    (void)url; /* the caller names it */
    int same = part_verify(p, &got, err);
    if (same < 0)
        return -1;
    if (same == 0) {
        if (part_restart(p, err) < 0)
            return -1;
        stet_digest_hex(&got, hex);
        return stet_error_input(
            err, "the content is damaged or another one: its SHA-256 is %s, not %s", hex, p->name);
    }
    if (stet_store_publish(p->store, p->fd, p->name, &p->item->digest, err) < 0)
        return -1;
    part_present(p);
    return 0;
}

/* Hashes what an earlier download left. */
static int part_hash_existing(struct part *p, int64_t size, struct stet_error *err)
{
    enum { CHUNK = 128 * 1024 };
    _cleanup_free_ char *chunk = malloc(CHUNK);
    if (chunk == NULL)
        return stet_error_oom(err, "resuming a download");
    while (p->have < size) {
        ssize_t n = read(p->fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return stet_error_errno(err, "cannot read %s/partial/%s", p->store->dir, p->name);
        if (n == 0)
            break;
        if (stet_digest_update(&p->sha, chunk, (size_t)n, err) < 0 || stet_cancel_check(err) < 0)
            return -1;
        p->have += n;
    }
    return 0;
}

/* What is to be done about the file just locked: 0 download from p->have on, 1 nothing. */
static int part_take_up(struct part *p, struct stet_error *err)
{
    struct stat st;
    int there = stet_store_has(p->store, &p->item->digest, p->item->size, err);
    if (there < 0)
        return -1;
    if (there > 0) {
        unlinkat(p->store->partial, p->name, 0);
        return part_present(p);
    }
    if (fstat(p->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return stet_error_set(err, STET_ERROR_ENVIRONMENT, 0, "%s/partial/%s is not a regular file",
                              p->store->dir, p->name);
    p->have = 0;
    if (st.st_size > p->item->size)
        return part_restart(p, err);
    if (stet_digest_begin(&p->sha, err) < 0 || part_hash_existing(p, st.st_size, err) < 0)
        return -1;
    if (p->have < p->item->size)
        return 0;
    /* All of it is there: cut off between the last byte and its name, or damaged. */
    struct stet_digest got;
    int same = part_verify(p, &got, err);
    if (same <= 0)
        return same < 0 ? -1 : part_restart(p, err);
    if (stet_store_publish(p->store, p->fd, p->name, &p->item->digest, err) < 0)
        return -1;
    return part_present(p);
}

static int part_start(void *ctx, int64_t *resume_from, struct stet_error *err)
{
    struct part *p = ctx;
    int fd = stet_store_open_locked(p->store->partial, p->name, O_CREAT);
    if (fd == STET_STORE_BUSY)
        return 1;
    if (fd < 0)
        return stet_store_write_error(p->store, errno, err);
    p->fd = fd;
    int rc = part_take_up(p, err);
    if (rc > 0) {
        stet_log_phase_advance(p->log, 1, (uint64_t)p->item->size, p->item->name);
        return 1;
    }
    if (rc == 0 && p->have > 0) {
        *resume_from = p->have;
        stet_log_phase_advance(p->log, 0, (uint64_t)p->have, p->item->name);
        stet_log_message(p->log, STET_LOG_VERBOSE, "%s: resuming after %" PRId64 " bytes",
                         p->item->name, p->have);
    }
    return rc;
}

/* Lets go of a part that was not completed. What it holds stays for a later run, unless it holds
 * nothing. */
static void part_abandon(struct part *p)
{
    if (p->fd >= 0 && p->have == 0)
        unlinkat(p->store->partial, p->name, 0);
    part_close(p);
}

/* ---- rounds ---- */

static void fill_request(struct part *p, struct stet_net_request *req)
{
    *req = (struct stet_net_request){
        .urls = p->item->urls,
        .name = p->item->name,
        .size = p->item->size,
        .optional = p->item->optional,
        .ctx = p,
        .start = part_start,
        .restart = part_restart,
        .data = part_data,
        .done = part_done,
    };
}

/* One round. *left: items that another process is downloading. */
static int run_round(struct fetch *f, size_t *left, struct stet_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < f->part_count; i++)
        if (!f->parts[i].settled)
            fill_request(&f->parts[i], &f->requests[count++]);
    int rc = stet_net_run(f->requests, count, f->options, f->log, err);
    *left = 0;
    for (size_t i = 0; i < count; i++) {
        struct part *p = f->requests[i].ctx;
        if (f->requests[i].status == STET_NET_ABSENT)
            p->settled = true;
        part_abandon(p);
        *left += p->settled ? 0 : 1;
    }
    return rc;
}

/* Is one of those that others download there by now, or free? Cheap: no lock is taken. */
static int take_arrived(struct fetch *f, size_t *left, struct stet_error *err)
{
    for (size_t i = 0; i < f->part_count; i++) {
        struct part *p = &f->parts[i];
        if (p->settled)
            continue;
        int there = stet_store_has(f->store, &p->item->digest, p->item->size, err);
        if (there < 0)
            return -1;
        if (there > 0) {
            part_present(p);
            (*left)--;
            stet_log_phase_advance(f->log, 1, (uint64_t)p->item->size, p->item->name);
        }
    }
    return 0;
}

static int run_rounds(struct fetch *f, struct stet_error *err)
{
    bool told = false;
    for (;;) {
        size_t left = 0;
        if (run_round(f, &left, err) < 0 || take_arrived(f, &left, err) < 0)
            return -1;
        if (left == 0)
            return 0;
        if (!told)
            stet_log_message(f->log, STET_LOG_INFO,
                             "waiting for another process that downloads %zu of the files", left);
        told = true;
        if (stet_cancel_check(err) < 0)
            return -1;
        poll(NULL, 0, WAIT_MS);
    }
}

/* ---- what is missing ---- */

static int by_size_falling(const void *a, const void *b)
{
    const struct part *x = a;
    const struct part *y = b;
    return x->item->size < y->item->size ? 1 : x->item->size > y->item->size ? -1 : 0;
}

static int find_missing(struct fetch *f, struct stet_error *err)
{
    f->parts = calloc(f->count, sizeof(*f->parts));
    f->requests = calloc(f->count, sizeof(*f->requests));
    if (f->parts == NULL || f->requests == NULL)
        return stet_error_oom(err, "preparing downloads");
    for (size_t i = 0; i < f->count; i++) {
        struct stet_store_item *item = &f->items[i];
        int there = stet_store_has(f->store, &item->digest, item->size, err);
        if (there < 0)
            return -1;
        item->present = there > 0;
        if (there > 0) {
            stet_log_phase_advance(f->log, 1, (uint64_t)item->size, item->name);
            continue;
        }
        if (item->size < 0)
            return stet_error_set(err, STET_ERROR_INTERNAL, 0, "the size of %s is not known",
                                  item->name);
        struct part *p = &f->parts[f->part_count++];
        *p = (struct part){.store = f->store, .item = item, .fd = -1, .log = f->log};
        stet_digest_hex(&item->digest, p->name);
    }
    return 0;
}

static int refuse_offline(const struct fetch *f, struct stet_error *err)
{
    const char *first = NULL;
    size_t missing = 0;
    for (size_t i = 0; i < f->part_count; i++)
        if (!f->parts[i].item->optional) {
            if (first == NULL)
                first = f->parts[i].item->name;
            missing++;
        }
    if (missing == 0)
        return 0;
    if (missing == 1)
        return stet_error_set(
            err, STET_ERROR_ENVIRONMENT, 0,
            "%s is not in the store %s; run again without --offline to download it", first,
            f->store->dir);
    return stet_error_set(
        err, STET_ERROR_ENVIRONMENT, 0,
        "%s and %zu more of %zu files are not in the store %s; run again without --offline to "
        "download them",
        first, missing - 1, f->count, f->store->dir);
}

static int fetch_all(struct fetch *f, bool offline, struct stet_error *err)
{
    if (find_missing(f, err) < 0)
        return -1;
    if (offline)
        return refuse_offline(f, err);
    /* The largest first: else the last one runs alone for long. */
    qsort(f->parts, f->part_count, sizeof(*f->parts), by_size_falling);
    return f->part_count > 0 ? run_rounds(f, err) : 0;
}

int stet_store_fetch(struct stet_store *s, struct stet_store_item *items, size_t count,
                     bool offline, const struct stet_net_options *net, const struct stet_log *log,
                     struct stet_error *err)
{
    struct fetch f = {.store = s, .items = items, .count = count, .options = net, .log = log};
    uint64_t bytes = 0;
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].size > 0 && __builtin_add_overflow(bytes, (uint64_t)items[i].size, &bytes))
            return stet_error_input(err, "the files to fetch are larger than anything");
    stet_log_phase_begin(log, "fetch", count, bytes);
    int rc = fetch_all(&f, offline, err);
    free(f.parts);
    free(f.requests);
    stet_log_phase_end(log, "fetch");
    return rc;
}
