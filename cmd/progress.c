/*
 * progress - what libraries report, for people: a bar on a terminal, plain lines elsewhere.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "cmd/command.h"

enum { BAR_WIDTH = 24, REDRAW_MS = 80 };

struct progress {
    struct stet_log log;
    pthread_mutex_t lock;
    bool quiet, verbose, terminal, drawn;
    char phase[32];
    char item[48];
    uint64_t items, items_total, bytes, bytes_total;
    uint64_t started_ms, redrawn_ms;
};

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void erase(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}

static unsigned terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* Parts per thousand done, or -1 when the whole is not known. */
static int permille(const struct progress *p)
{
    uint64_t done = p->bytes_total ? p->bytes : p->items;
    uint64_t total = p->bytes_total ? p->bytes_total : p->items_total;
    if (total == 0)
        return -1;
    if (done >= total)
        return 1000;
    return (int)((double)done * 1000.0 / (double)total);
}

static void add_counts(const struct progress *p, struct stet_buffer *line)
{
    char bytes[24];
    if (p->items_total)
        stet_buffer_addf(line, "  %" PRIu64 "/%" PRIu64, p->items, p->items_total);
    else if (p->items)
        stet_buffer_addf(line, "  %" PRIu64, p->items);
    if (p->bytes) {
        uint64_t elapsed = now_ms() - p->started_ms;
        format_bytes(p->bytes, bytes, sizeof(bytes));
        stet_buffer_addf(line, "  %s", bytes);
        format_bytes(p->bytes * 1000 / (elapsed ? elapsed : 1), bytes, sizeof(bytes));
        stet_buffer_addf(line, "  %s/s", bytes);
    }
}

static void draw(struct progress *p)
{
    _cleanup_buffer_ struct stet_buffer line = STET_BUFFER_INIT;
    int done = permille(p);
    stet_buffer_addf(&line, "%-10s", p->phase);
    if (done >= 0) {
        stet_buffer_add_char(&line, '[');
        for (int i = 0; i < BAR_WIDTH; i++)
            stet_buffer_add_char(&line, i * 1000 < done * BAR_WIDTH ? '#' : '.');
        stet_buffer_addf(&line, "] %3d%%", done / 10);
    }
    add_counts(p, &line);
    if (p->item[0])
        stet_buffer_addf(&line, "  %s", p->item);
    fprintf(stderr, "\r\033[K%.*s", (int)terminal_columns() - 1, stet_buffer_str(&line));
    fflush(stderr);
    p->drawn = true;
    p->redrawn_ms = now_ms();
}

static void on_message(void *ctx, enum stet_log_level level, const char *text)
{
    struct progress *p = ctx;
    if (p->quiet || (level == STET_LOG_VERBOSE && !p->verbose))
        return;
    pthread_mutex_lock(&p->lock);
    erase(p);
    fprintf(stderr, "%s%s\n", level == STET_LOG_WARNING ? "stet: warning: " : "", text);
    pthread_mutex_unlock(&p->lock);
}

static void on_begin(void *ctx, const char *phase, uint64_t items, uint64_t bytes)
{
    struct progress *p = ctx;
    pthread_mutex_lock(&p->lock);
    snprintf(p->phase, sizeof(p->phase), "%s", phase);
    p->item[0] = '\0';
    p->items = p->bytes = 0;
    p->items_total = items;
    p->bytes_total = bytes;
    p->started_ms = now_ms();
    if (p->terminal)
        draw(p);
    pthread_mutex_unlock(&p->lock);
}

static void on_advance(void *ctx, uint64_t items, uint64_t bytes, const char *item)
{
    struct progress *p = ctx;
    pthread_mutex_lock(&p->lock);
    p->items += items;
    p->bytes += bytes;
    if (item)
        snprintf(p->item, sizeof(p->item), "%s", item);
    if (p->terminal && now_ms() - p->redrawn_ms >= REDRAW_MS)
        draw(p);
    pthread_mutex_unlock(&p->lock);
}

static void on_end(void *ctx, const char *phase)
{
    struct progress *p = ctx;
    (void)phase;
    pthread_mutex_lock(&p->lock);
    erase(p);
    if (!p->quiet && !p->terminal && (p->items || p->bytes)) {
        uint64_t elapsed = now_ms() - p->started_ms;
        char bytes[24];
        format_bytes(p->bytes, bytes, sizeof(bytes));
        fprintf(stderr, "%s:", p->phase);
        if (p->items)
            fprintf(stderr, " %" PRIu64, p->items);
        if (p->bytes)
            fprintf(stderr, "%s %s", p->items ? "," : "", bytes);
        fprintf(stderr, " in %" PRIu64 ".%" PRIu64 " s\n", elapsed / 1000, elapsed % 1000 / 100);
    }
    pthread_mutex_unlock(&p->lock);
}

struct progress *progress_new(bool quiet, bool verbose)
{
    struct progress *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    const char *term = getenv("TERM");
    pthread_mutex_init(&p->lock, NULL);
    p->quiet = quiet;
    p->verbose = verbose;
    p->terminal = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    p->log = (struct stet_log){p, on_message, on_begin, on_advance, on_end};
    return p;
}

const struct stet_log *progress_log(const struct progress *p)
{
    return p ? &p->log : NULL;
}

void progress_clear(struct progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    erase(p);
    pthread_mutex_unlock(&p->lock);
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    progress_clear(p);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
