#include "lib/diff/roles.h"

void stet_diff_roles_release(struct diff_roles *r)
{
    free(r->items);
    *r = (struct diff_roles){0};
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

const char *stet_diff_name_in(const char *text, size_t len)
{
    size_t run = 0;

    for (size_t i = 0; i < len; i++) {
        run = is_hex(text[i]) ? run + 1 : 0;
        if (run == DIFF_NAME_LEN && (i + 1 == len || !is_hex(text[i + 1])))
            return text + i + 1 - DIFF_NAME_LEN;
    }
    return NULL;
}

void stet_diff_name_of(const json_t *object, const char *key, char out[DIFF_NAME_SIZE])
{
    const char *text = json_string_value(json_object_get(object, key));

    out[0] = '\0';
    if (text && strlen(text) == DIFF_NAME_LEN && stet_diff_name_in(text, DIFF_NAME_LEN))
        memcpy(out, text, DIFF_NAME_SIZE);
}

int stet_diff_roles_add(struct diff_roles *r, const char *a, const char *b, struct stet_error *err)
{
    const char *x = a ? stet_diff_name_in(a, strlen(a)) : NULL;
    const char *y = b ? stet_diff_name_in(b, strlen(b)) : NULL;

    if (!x || !y || memcmp(x, y, DIFF_NAME_LEN) == 0 || r->count == DIFF_ROLES_MAX)
        return 0;
    if (stet_grow(&r->items, &r->cap, r->count + 1, sizeof *r->items, err) < 0)
        return -1;
    struct diff_role *role = &r->items[r->count++];
    *role = (struct diff_role){0};
    memcpy(role->name[0], x, DIFF_NAME_LEN);
    memcpy(role->name[1], y, DIFF_NAME_LEN);
    r->sorted = false;
    return 0;
}

/* By the second side's name, which is what is looked for. */
static int compare(const void *pa, const void *pb)
{
    const struct diff_role *a = pa, *b = pb;
    int order = strcmp(a->name[1], b->name[1]);

    return order ? order : strcmp(a->name[0], b->name[0]);
}

/* The first of those with this name of the second side; r->count when there is none. */
static size_t find(struct diff_roles *r, const char *name)
{
    size_t low = 0, high = r->count;

    if (!r->sorted && r->count > 1)
        qsort(r->items, r->count, sizeof *r->items, compare);
    r->sorted = true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(r->items[middle].name[1], name, DIFF_NAME_LEN) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < r->count && memcmp(r->items[low].name[1], name, DIFF_NAME_LEN) == 0;
    return found ? low : r->count;
}

/* Do these two names stand for the same? */
static bool is_pair(struct diff_roles *r, const char *a, const char *b)
{
    for (size_t i = find(r, b); i < r->count; i++) {
        if (memcmp(r->items[i].name[1], b, DIFF_NAME_LEN) != 0)
            return false;
        if (memcmp(r->items[i].name[0], a, DIFF_NAME_LEN) == 0)
            return true;
    }
    return false;
}

bool stet_diff_roles_same(struct diff_roles *r, const char *a, const char *b)
{
    size_t len = strlen(a), at = 0;

    if (len != strlen(b))
        return false;
    while (at < len) {
        const char *x = stet_diff_name_in(a + at, len - at);
        const char *y = stet_diff_name_in(b + at, len - at);
        size_t before = x ? (size_t)(x - a) - at : len - at;
        if ((!x) != (!y) || (x && x - a != y - b) || memcmp(a + at, b + at, before) != 0)
            return false;
        if (!x)
            return true;
        if (memcmp(x, y, DIFF_NAME_LEN) != 0 && !is_pair(r, x, y))
            return false;
        at += before + DIFF_NAME_LEN;
    }
    return true;
}

size_t stet_diff_roles_rename(struct diff_roles *r, char *text, size_t len)
{
    size_t at = 0, renamed = 0;

    while (r->count > 0 && at < len) {
        const char *x = stet_diff_name_in(text + at, len - at);
        if (!x)
            break;
        at = (size_t)(x - text);
        size_t i = find(r, x);
        if (i < r->count) {
            memcpy(text + at, r->items[i].name[0], DIFF_NAME_LEN);
            renamed++;
        }
        at += DIFF_NAME_LEN;
    }
    return renamed;
}

int stet_diff_roles_renamed(struct diff_roles *r, const struct diff_bytes *bytes, size_t max,
                            struct stet_buffer *memory, struct diff_bytes *out,
                            struct stet_error *err)
{
    *out = *bytes;
    if (r->count == 0 || bytes->len > max || bytes->len == 0 ||
        !stet_diff_name_in((const char *)bytes->data, bytes->len))
        return 0;
    stet_buffer_clear(memory);
    stet_buffer_add(memory, bytes->data, bytes->len);
    if (stet_buffer_check(memory, "a document", err) < 0)
        return -1;
    if (stet_diff_roles_rename(r, memory->data, memory->len) > 0)
        out->data = (const unsigned char *)memory->data;
    return 0;
}
