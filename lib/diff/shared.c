/*
 * shared - the texts of findings, of which a million hold a few hundred different ones beside their paths.
 */
#include "lib/diff/private.h"

enum { OVERHEAD = 16 }; /* of malloc(), about */

struct shared {
    uint32_t users;
    char text[];
};

static struct shared *shared_of(const char *text)
{
    return (struct shared *)(text - offsetof(struct shared, text));
}

static char *share(char *text)
{
    shared_of(text)->users++;
    return text;
}

char *stet_diff_shared_new(const char *text, struct stet_error *err)
{
    size_t len = strlen(text);
    struct shared *s = malloc(sizeof *s + len + 1);

    if (!s) {
        stet_error_oom(err, "the text of a finding");
        return NULL;
    }
    s->users = 1;
    memcpy(s->text, text, len + 1);
    return s->text;
}

void stet_diff_shared_release(char *text)
{
    if (text && --shared_of(text)->users == 0)
        free(shared_of(text));
}

/* FNV-1a. */
static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261;

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619;
    return h;
}

static char **place_of(struct diff_recent *r, const char *text)
{
    return &r->texts[hash(text) % DIFF_RECENT];
}

char *stet_diff_recent(struct diff_recent *r, const char *text, struct stet_error *err)
{
    char **place = place_of(r, text);

    if (*place && strcmp(*place, text) == 0)
        return share(*place);
    char *new = stet_diff_shared_new(text, err);
    if (!new)
        return NULL;
    r->made += sizeof(struct shared) + strlen(text) + OVERHEAD;
    stet_diff_shared_release(*place);
    *place = share(new);
    return new;
}

void stet_diff_recent_replace(struct diff_recent *r, char **text)
{
    char **place = *text ? place_of(r, *text) : NULL;

    if (!place || *place == *text)
        return;
    if (*place && strcmp(*place, *text) == 0) {
        stet_diff_shared_release(*text);
        *text = share(*place);
    } else {
        stet_diff_shared_release(*place);
        *place = share(*text);
    }
}

void stet_diff_recent_release(struct diff_recent *r)
{
    for (size_t i = 0; i < DIFF_RECENT; i++)
        stet_diff_shared_release(r->texts[i]);
    *r = (struct diff_recent){0};
}
