/* Any bytes as deb822: refused with one line, or read to the end, each paragraph with unique
 * fields. */
#include <stdint.h>

#include "lib/distro/debian/deb822.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct stet_deb822 *p)
{
    if (p->count == 0)
        abort();
    for (size_t i = 0; i < p->count; i++) {
        const struct stet_deb822_field *f = &p->fields[i];
        /* The first of a name is what get finds: a second one would be another pointer. */
        if (stet_deb822_get(p, f->name) != f->value || strlen(f->value) > strlen(f->raw))
            abort();
    }
}

static void read_all(const uint8_t *data, size_t size, bool comments)
{
    struct stet_deb822 p;
    struct stet_error err = STET_ERROR_INIT;
    size_t pos = 0;
    unsigned line = 1;
    int got;
    stet_deb822_init(&p);
    for (;;) {
        size_t before = pos;
        got = stet_deb822_next((const char *)data, size, &pos, &line, comments, "fuzz", &p, &err);
        if (got <= 0)
            break;
        if (pos <= before)
            abort();
        check(&p);
    }
    if (got < 0 ? err.kind != STET_ERROR_INPUT || strchr(err.text, '\n') : pos != size)
        abort();
    stet_deb822_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size, false);
    read_all(data, size, true);
    return 0;
}
