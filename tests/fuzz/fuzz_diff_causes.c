/*
 * Findings of any texts through stet_diff_explain(). The input is lines:
 * "@LPATH|FORMAT|WHAT|A|B" begins a finding (L: its level), "-", "+", " " and "*" are its detail; "#PATH" and what follows is a
 * file that tells of the first build, "##PATH" of the second; "#!TIME" is a time of it.
 */
#include "lib/diff/causes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    struct diff diff;
    struct stet_diff_result result;
    struct stet_diff_options options;
    struct stet_finding *f;
    struct stet_buffer file;
    char path[256];
    int side; /* of the file that is read; -1: none */
};

static void end_file(struct input *in)
{
    struct stet_error err = STET_ERROR_INIT;
    const struct diff_bytes content = {(const unsigned char *)in->file.data, in->file.len};
    if (in->side >= 0 && in->file.len > 0)
        stet_diff_evidence_file(&in->diff.side[in->side], in->path, &content, &err);
    stet_buffer_clear(&in->file);
    in->side = -1;
}

static void begin_file(struct input *in, const char *line, size_t len)
{
    end_file(in);
    in->side = len > 0 && line[0] == '#';
    line += in->side;
    len -= (size_t)in->side;
    snprintf(in->path, sizeof in->path, "%.*s", (int)(len < 255 ? len : 255), line);
    if (in->path[0] == '!') { /* a time: of the image, or of a file */
        stet_diff_evidence_created(&in->diff.side[in->side], in->path + 1);
        stet_diff_evidence_history(&in->diff.side[in->side], in->path + 1);
        stet_diff_evidence_mtime(&in->diff.side[in->side], (int64_t)len * 1000000 + 1700000000);
    }
}

/* Cuts the next part of line off at '|'. */
static char *part(char **line)
{
    char *begin = *line, *end = strchrnul(begin, '|');
    *line = end + (*end == '|');
    *end = '\0';
    return begin;
}

static void begin_finding(struct input *in, const char *line, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    char text[512], *rest = text;
    end_file(in);
    snprintf(text, sizeof text, "%.*s", (int)(len < 511 ? len : 511), line);
    unsigned level = text[0] ? (unsigned)text[0] % STET_DIFF_LEVELS : 0;
    rest += text[0] != '\0';
    const char *path = part(&rest), *format = part(&rest), *what = part(&rest), *a = part(&rest),
               *b = part(&rest);
    in->f = stet_diff_add_at(&in->diff, (enum stet_diff_level)level, 0, path, format,
                             a[0] ? a : NULL, b[0] ? b : NULL, &err, "%s", what);
}

static void read_line(struct input *in, const char *line, size_t len)
{
    struct stet_error err = STET_ERROR_INIT;
    if (len > 0 && line[0] == '@') {
        begin_finding(in, line + 1, len - 1);
    } else if (len > 0 && line[0] == '#') {
        begin_file(in, line + 1, len - 1);
    } else if (in->side >= 0) {
        stet_buffer_add(&in->file, line, len);
        stet_buffer_add_char(&in->file, '\n');
    } else if (in->f && len > 0 && strchr("-+ *", line[0])) {
        stet_diff_detail(in->f, line[0] == '*' ? '@' : line[0], line + 1, len - 1, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stet_error err = STET_ERROR_INIT;
    static struct input in;
    in = (struct input){.side = -1};
    in.diff.options = &in.options;
    in.diff.result = &in.result;
    in.diff.temporary = -1;
    stet_diff_result_init(&in.result);
    for (size_t i = 0; i < size;) {
        const uint8_t *end = memchr(data + i, '\n', size - i);
        size_t len = end ? (size_t)(end - data) - i : size - i;
        read_line(&in, (const char *)data + i, len);
        i += len + 1;
    }
    end_file(&in);
    if (stet_diff_explain(&in.diff, &err) < 0)
        abort();
    for (size_t i = 0; i < in.result.count; i++)
        if (!in.result.findings[i].path ||
            (in.result.findings[i].cause && !in.result.findings[i].evidence))
            abort();
    stet_buffer_release(&in.file);
    stet_diff_result_release(&in.result);
    stet_diff_side_release(&in.diff.side[0]);
    stet_diff_side_release(&in.diff.side[1]);
    stet_diff_recent_release(&in.diff.recent);
    return 0;
}
