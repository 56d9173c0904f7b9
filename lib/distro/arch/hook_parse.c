#include <string.h>

#include "lib/distro/arch/hook_private.h"

/* libalpm takes a longer line for several. */
enum { LINE_MAX_BYTES = 4094 };

enum section { NO_SECTION, TRIGGER, ACTION };

struct parser {
    const struct stet_log *log;
    const char *path;
    struct stet_arch_hook *hook;
    unsigned line;
    enum section section;
    unsigned trigger_line, action_line; /* of the section's last beginning */
    bool has_type;                      /* the trigger at hand */
    bool has_exec;
    struct stet_error *err;
};

void stet_arch_hook_init(struct stet_arch_hook *h)
{
    *h = (struct stet_arch_hook){0};
}

void stet_arch_hook_release(struct stet_arch_hook *h)
{
    for (size_t i = 0; i < h->trigger_count; i++)
        stet_strv_release(&h->triggers[i].targets);
    free(h->triggers);
    free(h->name);
    free(h->description);
    stet_strv_release(&h->depends);
    stet_strv_release(&h->command);
    stet_arch_hook_init(h);
}

/* ---- words ---- */

/* isspace(3) of the C locale. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"';
}

/* Appends what is between the quotes; *at is at the first of them, and then behind the last. */
static bool take_quoted(const char **at, struct stet_buffer *word)
{
    const char *p = *at;
    char quote = *p++;
    for (; *p && *p != quote; p++) {
        if (*p == '\\' && p[1] == quote)
            p++;
        stet_buffer_add_char(word, *p);
    }
    *at = p + (*p != '\0');
    return *p != '\0';
}

static bool take_word(const char **at, struct stet_buffer *word)
{
    const char *p = *at;
    bool complete = true;
    while (complete && *p && !is_space(*p)) {
        if (is_quote(*p)) {
            complete = take_quoted(&p, word);
            continue;
        }
        if (*p == '\\' && is_quote(p[1]))
            p++;
        stet_buffer_add_char(word, *p++);
    }
    *at = p;
    return complete;
}

int stet_arch_hook_split(const char *text, struct stet_strv *out, struct stet_error *err)
{
    _cleanup_buffer_ struct stet_buffer word = STET_BUFFER_INIT;
    while (is_space(*text))
        text++;
    while (*text) {
        stet_buffer_clear(&word);
        if (!take_word(&text, &word))
            return 0;
        if (stet_buffer_check(&word, "reading a hook", err) < 0 ||
            stet_strv_add(out, stet_buffer_str(&word), err) < 0)
            return -1;
        while (is_space(*text))
            text++;
    }
    return 1;
}

/* ---- values ---- */

static int fail_at(const struct parser *p, unsigned line, const char *what, const char *value)
{
    return stet_error_input(p->err, "hook %s line %u: %s%s%s%s", p->path, line, what,
                            value ? " \"" : "", value ? value : "", value ? "\"" : "");
}

static int fail(const struct parser *p, const char *what, const char *value)
{
    return fail_at(p, p->line, what, value);
}

static void warn_again(const struct parser *p, bool again, const char *key)
{
    if (again)
        stet_log_message(p->log, STET_LOG_WARNING,
                         "hook %s line %u: %s is given again; the last one counts", p->path,
                         p->line, key);
}

static int set_operation(struct parser *p, struct stet_arch_trigger *t, const char *value)
{
    if (strcmp(value, "Install") == 0)
        t->operations |= STET_ARCH_INSTALL;
    else if (strcmp(value, "Upgrade") == 0)
        t->operations |= STET_ARCH_UPGRADE;
    else if (strcmp(value, "Remove") == 0)
        t->operations |= STET_ARCH_REMOVE;
    else
        return fail(p, "invalid value of Operation", value);
    return 0;
}

/* "File" is an old name of "Path". */
static int set_type(struct parser *p, struct stet_arch_trigger *t, const char *value)
{
    warn_again(p, p->has_type, "Type");
    if (strcmp(value, "Path") != 0 && strcmp(value, "File") != 0 && strcmp(value, "Package") != 0)
        return fail(p, "invalid value of Type", value);
    p->has_type = true;
    t->is_path = strcmp(value, "Package") != 0;
    return 0;
}

static int set_in_trigger(struct parser *p, const char *key, const char *value)
{
    struct stet_arch_trigger *t = &p->hook->triggers[p->hook->trigger_count - 1];
    bool operation = strcmp(key, "Operation") == 0, type = strcmp(key, "Type") == 0;
    if (!operation && !type && strcmp(key, "Target") != 0)
        return fail(p, "invalid option in [Trigger]", key);
    if (!value)
        return fail(p, "an option without a value", key);
    if (operation)
        return set_operation(p, t, value);
    return type ? set_type(p, t, value) : stet_strv_add(&t->targets, value, p->err);
}

static int set_when(struct parser *p, const char *value)
{
    warn_again(p, p->hook->when != 0, "When");
    if (strcmp(value, "PreTransaction") == 0)
        p->hook->when = STET_ARCH_PRE_TRANSACTION;
    else if (strcmp(value, "PostTransaction") == 0)
        p->hook->when = STET_ARCH_POST_TRANSACTION;
    else
        return fail(p, "invalid value of When", value);
    return 0;
}

/* It alone may lack a value: libalpm then has none. */
static int set_description(struct parser *p, const char *value)
{
    warn_again(p, p->hook->description != NULL, "Description");
    free(p->hook->description);
    p->hook->description = stet_strdup(value, p->err);
    return !value || p->hook->description ? 0 : -1;
}

static int set_exec(struct parser *p, const char *value)
{
    warn_again(p, p->has_exec, "Exec");
    stet_strv_release(&p->hook->command);
    p->has_exec = true;
    int rc = stet_arch_hook_split(value, &p->hook->command, p->err);
    if (rc == 0)
        return fail(p, "a quote without an end in Exec", value);
    return rc < 0 ? -1 : 0;
}

static int set_depends(struct parser *p, const char *value)
{
    return stet_strv_add(&p->hook->depends, value, p->err);
}

static int set_in_action(struct parser *p, const char *key, const char *value)
{
    static const struct {
        const char *key;
        int (*set)(struct parser *p, const char *value);
        bool may_lack;
    } options[] = {
        {"When", set_when, false},
        {"Description", set_description, true},
        {"Depends", set_depends, false},
        {"Exec", set_exec, false},
    };
    if (strcmp(key, "AbortOnFail") == 0) {
        p->hook->abort_on_fail = true;
        return 0;
    }
    if (strcmp(key, "NeedsTargets") == 0) {
        p->hook->needs_targets = true;
        return 0;
    }
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(key, options[i].key) == 0)
            return value || options[i].may_lack ? options[i].set(p, value)
                                                : fail(p, "an option without a value", key);
    return fail(p, "invalid option in [Action]", key);
}

/* ---- sections ---- */

static int check_trigger(const struct parser *p)
{
    const struct stet_arch_trigger *t;
    if (p->section != TRIGGER)
        return 0;
    t = &p->hook->triggers[p->hook->trigger_count - 1];
    if (t->targets.count == 0)
        return fail_at(p, p->trigger_line, "this [Trigger] has no Target", NULL);
    if (!p->has_type)
        return fail_at(p, p->trigger_line, "this [Trigger] has no Type", NULL);
    if (t->operations == 0)
        return fail_at(p, p->trigger_line, "this [Trigger] has no Operation", NULL);
    return 0;
}

static int begin_section(struct parser *p, const char *name)
{
    struct stet_arch_hook *h = p->hook;
    if (check_trigger(p) < 0)
        return -1;
    if (strcmp(name, "Action") == 0) {
        p->section = ACTION;
        p->action_line = p->line;
        return 0;
    }
    if (strcmp(name, "Trigger") != 0)
        return fail(p, "invalid section", name);
    p->section = TRIGGER;
    p->trigger_line = p->line;
    p->has_type = false;
    if (stet_grow(&h->triggers, &h->trigger_cap, h->trigger_count + 1, sizeof *h->triggers,
                  p->err) < 0)
        return -1;
    h->triggers[h->trigger_count++] = (struct stet_arch_trigger){0};
    return 0;
}

static int check_hook(struct parser *p)
{
    struct stet_arch_hook *h = p->hook;
    unsigned line = p->action_line ? p->action_line : p->line;
    if (check_trigger(p) < 0)
        return -1;
    if (h->trigger_count == 0) {
        h->when = 0; /* it does nothing but mask another */
        return 0;
    }
    if (!p->has_exec)
        return fail_at(p, line, "the hook has no Exec", NULL);
    if (h->when == 0)
        return fail_at(p, line, "the hook has no When", NULL);
    if (h->abort_on_fail && h->when == STET_ARCH_POST_TRANSACTION)
        stet_log_message(p->log, STET_LOG_WARNING,
                         "hook %s line %u: AbortOnFail means nothing in a PostTransaction hook",
                         p->path, line);
    return 0;
}

/* ---- lines ---- */

/* text without the white space around it, of which the end is cut off. */
static char *trim(char *text)
{
    char *end = text + strlen(text);
    while (end > text && is_space(end[-1]))
        end--;
    *end = '\0';
    while (is_space(*text))
        text++;
    return text;
}

static int take_line(struct parser *p, char *line)
{
    line = trim(line);
    size_t len = strlen(line);
    if (len == 0 || *line == '#')
        return 0;
    if (*line == '[' && line[len - 1] == ']') {
        line[len - 1] = '\0';
        return begin_section(p, line + 1);
    }
    char *value = strchr(line, '=');
    if (value) {
        *value++ = '\0';
        value = trim(value);
    }
    char *key = trim(line);
    if (p->section == NO_SECTION)
        return fail(p, "an option before the first section", key);
    return p->section == TRIGGER ? set_in_trigger(p, key, value) : set_in_action(p, key, value);
}

static int take_lines(struct parser *p, const char *text, size_t len)
{
    char line[LINE_MAX_BYTES + 1];
    for (const char *end = text + len; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = (size_t)((newline ? newline : end) - text);
        p->line++;
        if (line_len > LINE_MAX_BYTES)
            return fail(p, "the line is longer than 4094 bytes", NULL);
        if (memchr(text, '\0', line_len))
            return fail(p, "the line holds a NUL byte", NULL);
        memcpy(line, text, line_len);
        line[line_len] = '\0';
        if (take_line(p, line) < 0)
            return -1;
        text += line_len + (newline != NULL);
    }
    return 0;
}

int stet_arch_hook_parse_logged(const struct stet_log *log, const char *text, size_t len,
                                const char *path, struct stet_arch_hook *out,
                                struct stet_error *err)
{
    struct parser p = {.log = log, .path = path, .hook = out, .err = err};
    stet_arch_hook_init(out);
    if (take_lines(&p, text, len) == 0 && check_hook(&p) == 0)
        return 0;
    stet_arch_hook_release(out);
    return -1;
}

int stet_arch_hook_parse(const char *text, size_t len, const char *path, struct stet_arch_hook *out,
                         struct stet_error *err)
{
    return stet_arch_hook_parse_logged(NULL, text, len, path, out, err);
}
