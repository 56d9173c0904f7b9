/* Hooks: what is read, what is an error, what triggers them, in which order they run. The sandbox is played by the
 * test. */
#include <errno.h>

#include "lib/distro/arch/hook_private.h"
#include "tests/unit/arch/run_fixture.h"

/* ---- the sandbox ---- */

static struct {
    struct stet_buffer calls; /* "words < input" with newlines as ' ', one a line */
    int status;
    int errnum; /* not 0: it cannot be executed */
    const char *line;
    bool keep_tmp;
} played;

int stet_sandbox_run(const struct stet_sandbox *sandbox, const struct stet_sandbox_command *command,
                     int *status, struct stet_error *err)
{
    const char *input = command->input;
    played.keep_tmp = sandbox->keep_tmp;
    if (played.errnum)
        return stet_error_set(err, STET_ERROR_INPUT, played.errnum, "sandbox: %s",
                              command->argv[0]);
    for (size_t i = 0; command->argv[i]; i++)
        stet_buffer_addf(&played.calls, "%s%s", i > 0 ? " " : "", command->argv[i]);
    if (input)
        stet_buffer_add_str(&played.calls, " <");
    for (size_t at = 0; input && at < command->input_len;) {
        const char *newline = memchr(input + at, '\n', command->input_len - at);
        assert_non_null(newline);
        stet_buffer_addf(&played.calls, " %.*s", (int)(newline - input - (ssize_t)at), input + at);
        at = (size_t)(newline - input) + 1;
    }
    stet_buffer_add_char(&played.calls, '\n');
    if (played.line)
        command->line(command->ctx, played.line);
    *status = played.status;
    return 0;
}

static int setup(void **state)
{
    memset(&played, 0, sizeof played);
    return run_setup(state);
}

static int teardown(void **state)
{
    stet_buffer_release(&played.calls);
    return run_teardown(state);
}

/* ---- parsing ---- */

#define TRIGGER "[Trigger]\nOperation = Install\nType = Path\nTarget = usr/*\n"
#define ACTION  "[Action]\nWhen = PostTransaction\nExec = /usr/bin/true\n"

static void test_parse(void **state)
{
    static const char text[] = "# a comment = x\n"
                               "\n"
                               "  [Trigger]  \n"
                               "Operation = Install\n"
                               "\tOperation=Upgrade\r\n"
                               "Operation = Remove\n"
                               "Type = File\n"
                               "Target = usr/share/*\n"
                               "Target = !usr/share/doc/* = x\n"
                               "Target =\n"
                               "[Action]\n"
                               "Description =  What it does.  \n"
                               "Depends = coreutils\n"
                               "Depends = sh>=1\n"
                               "AbortOnFail\n"
                               "NeedsTargets = whatever\n"
                               "When = PreTransaction\n"
                               "Exec = /bin/sh -c 'a b' \"c\"\n"
                               "[Trigger]\n"
                               "Operation = Install\n"
                               "Type = Package\n"
                               "Target = bash";
    struct stet_arch_hook h;
    struct stet_error err = STET_ERROR_INIT;
    (void)state;
    if (stet_arch_hook_parse(text, sizeof text - 1, "x.hook", &h, &err) < 0)
        fail_msg("%s", err.text);
    assert_null(h.name);
    assert_string_equal(h.description, "What it does.");
    assert_int_equal(h.when, STET_ARCH_PRE_TRANSACTION);
    assert_true(h.abort_on_fail);
    assert_true(h.needs_targets);
    assert_int_equal(h.depends.count, 2);
    assert_string_equal(h.depends.items[0], "coreutils");
    assert_string_equal(h.depends.items[1], "sh>=1");
    assert_int_equal(h.command.count, 4);
    assert_string_equal(h.command.items[0], "/bin/sh");
    assert_string_equal(h.command.items[2], "a b");
    assert_string_equal(h.command.items[3], "c");
    assert_int_equal(h.trigger_count, 2);
    assert_int_equal(h.triggers[0].operations,
                     STET_ARCH_INSTALL | STET_ARCH_UPGRADE | STET_ARCH_REMOVE);
    assert_true(h.triggers[0].is_path);
    assert_int_equal(h.triggers[0].targets.count, 3);
    assert_string_equal(h.triggers[0].targets.items[0], "usr/share/*");
    assert_string_equal(h.triggers[0].targets.items[1], "!usr/share/doc/* = x");
    assert_string_equal(h.triggers[0].targets.items[2], "");
    assert_int_equal(h.triggers[1].operations, STET_ARCH_INSTALL);
    assert_false(h.triggers[1].is_path);
    assert_string_equal(h.triggers[1].targets.items[0], "bash");
    stet_arch_hook_release(&h);
}

/* What is neither said nor triggered: all have these results. */
static void test_parse_masks(void **state)
{
    static const char *const texts[] = {"",      "[Action]\nDescription\n",
                                        "\n#\n", "[Action]\n",
                                        ACTION,  "[Action]\nExec = /x\nAbortOnFail\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct stet_arch_hook h;
        assert_int_equal(stet_arch_hook_parse(texts[i], strlen(texts[i]), "x", &h, NULL), 0);
        assert_int_equal(h.when, 0);
        assert_int_equal(h.trigger_count, 0);
        stet_arch_hook_release(&h);
    }
}

static void test_parse_errors(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"Type = Path\n", "line 1: an option before the first section \"Type\""},
        {"\n x\n", "line 2: an option before the first section \"x\""},
        {"[Other]\n", "line 1: invalid section \"Other\""},
        {"[]\n", "line 1: invalid section \"\""},
        {"[ Action ]\n", "line 1: invalid section \" Action \""},
        {"[\n", "line 1: an option before the first section \"[\""},
        {"[Action]\n[Action] # no\n", "line 2: invalid option in [Action] \"[Action] # no\""},
        {"[Action]\nTarget = x\n", "line 2: invalid option in [Action] \"Target\""},
        {"[Action]\nwhen = PreTransaction\n", "line 2: invalid option in [Action] \"when\""},
        {"[Action]\n= x\n", "line 2: invalid option in [Action] \"\""},
        {"[Action]\nWhen = Now\n", "line 2: invalid value of When \"Now\""},
        {"[Action]\nWhen =\n", "line 2: invalid value of When \"\""},
        {"[Action]\nWhen\n", "line 2: an option without a value \"When\""},
        {"[Action]\nExec\n", "line 2: an option without a value \"Exec\""},
        {"[Action]\nDepends\n", "line 2: an option without a value \"Depends\""},
        {"[Action]\nExec = /x 'a\n", "line 2: a quote without an end in Exec \"/x 'a\""},
        {"[Trigger]\nExec = x\n", "line 2: invalid option in [Trigger] \"Exec\""},
        {"[Trigger]\nType = Thing\n", "line 2: invalid value of Type \"Thing\""},
        {"[Trigger]\nOperation = install\n", "line 2: invalid value of Operation \"install\""},
        {"[Trigger]\nType\n", "line 2: an option without a value \"Type\""},
        {"[Trigger]\nOperation\n", "line 2: an option without a value \"Operation\""},
        {"[Trigger]\nTarget\n", "line 2: an option without a value \"Target\""},
        {"\n[Trigger]\nType = Path\nOperation = Install\n" ACTION,
         "line 2: this [Trigger] has no Target"},
        {"[Trigger]\nOperation = Install\nTarget = x\n", "line 1: this [Trigger] has no Type"},
        {TRIGGER "[Trigger]\nType = Path\nTarget = x\n" ACTION,
         "line 5: this [Trigger] has no Operation"},
        {TRIGGER "[Trigger]\n" TRIGGER, "line 5: this [Trigger] has no Target"},
        {TRIGGER, "line 4: the hook has no Exec"},
        {TRIGGER "[Action]\nWhen = PreTransaction\n", "line 5: the hook has no Exec"},
        {TRIGGER "[Action]\nExec = /x\n# end\n", "line 5: the hook has no When"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_arch_hook h;
        struct stet_error err = STET_ERROR_INIT;
        char want[256];
        snprintf(want, sizeof want, "hook dir/x.hook %s", cases[i].error);
        assert_int_equal(
            stet_arch_hook_parse(cases[i].text, strlen(cases[i].text), "dir/x.hook", &h, &err), -1);
        assert_string_equal(err.text, want);
        assert_int_equal(err.kind, STET_ERROR_INPUT);
        assert_int_equal(h.trigger_count, 0);
        assert_null(h.triggers);
    }
}

static void test_parse_limits(void **state)
{
    char text[8192];
    struct stet_arch_hook h;
    struct stet_error err = STET_ERROR_INIT;
    (void)state;
    int used = snprintf(text, sizeof text, "[Action]\n#%04093d\n#", 0);
    assert_int_equal(stet_arch_hook_parse(text, (size_t)used, "x", &h, &err), 0);
    used = snprintf(text, sizeof text, "[Action]\n#%04094d\n#", 0);
    assert_int_equal(stet_arch_hook_parse(text, (size_t)used, "x", &h, &err), -1);
    assert_string_equal(err.text, "hook x line 2: the line is longer than 4094 bytes");
    stet_error_clear(&err);
    assert_int_equal(stet_arch_hook_parse("[Action]\n\0", 10, "x", &h, &err), -1);
    assert_string_equal(err.text, "hook x line 2: the line holds a NUL byte");
}

static void test_parse_warnings(void **state)
{
    static const char text[] =
        TRIGGER "Type = Package\n" ACTION "When = PostTransaction\nExec = /usr/bin/false a\n"
                "Description = a\nDescription = b\nAbortOnFail\n";
    struct run_fixture *f = *state;
    struct stet_arch_hook h;
    assert_int_equal(stet_arch_hook_parse_logged(&f->log, text, sizeof text - 1, "x", &h, &f->err),
                     0);
    assert_string_equal(
        stet_buffer_str(&f->logged),
        "warning: hook x line 5: Type is given again; the last one counts\n"
        "warning: hook x line 9: When is given again; the last one counts\n"
        "warning: hook x line 10: Exec is given again; the last one counts\n"
        "warning: hook x line 12: Description is given again; the last one counts\n"
        "warning: hook x line 6: AbortOnFail means nothing in a PostTransaction hook\n");
    assert_false(h.triggers[0].is_path);
    assert_int_equal(h.command.count, 2);
    assert_string_equal(h.command.items[0], "/usr/bin/false");
    assert_string_equal(h.description, "b");
    stet_arch_hook_release(&h);
}

static void test_split(void **state)
{
    static const struct {
        const char *text, *words; /* each with "|" behind; NULL: a quote has no end */
    } cases[] = {
        {"", ""},
        {" \t\v ", ""},
        {"a", "a|"},
        {"  a\t b\f c ", "a|b|c|"},
        {"'a b' \"c d\"", "a b|c d|"},
        {"a'b c'd\"e\"", "ab cde|"},
        {"'' \"\"", "||"},
        {"'a\"b' \"c'd\"", "a\"b|c'd|"},
        {"'a\\'b' \"c\\\"d\"", "a'b|c\"d|"},
        {"'a\\\"b'", "a\\\"b|"},
        {"\\'a \\\"b\\'", "'a|\"b'|"},
        {"a\\ b", "a\\|b|"},
        {"a\\\\b \\n", "a\\\\b|\\n|"},
        {"$HOME *;", "$HOME|*;|"},
        {"a\\", "a\\|"},
        {"'", NULL},
        {"a \"b", NULL},
        {"a'b", NULL},
        {"'a\\'", NULL},
        {"'a\"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stet_strv words = STET_STRV_INIT;
        struct stet_buffer got = STET_BUFFER_INIT;
        int rc = stet_arch_hook_split(cases[i].text, &words, NULL);
        assert_int_equal(rc, cases[i].words != NULL);
        for (size_t j = 0; j < words.count; j++)
            stet_buffer_addf(&got, "%s|", words.items[j]);
        if (cases[i].words)
            assert_string_equal(stet_buffer_str(&got), cases[i].words);
        stet_buffer_release(&got);
        stet_strv_release(&words);
    }
}

/* ---- matching ---- */

static void packages(struct run_fixture *f)
{
    run_add_package(f, "bash", "5.2-1", 0);
    run_add_package(f, "glibc", "2.40-1", 0);
    run_add_package(f, "zlib", "1-1", 1);
    run_begin(f);
    run_add_files(f, 0, "usr/", "usr/bin/", "usr/bin/bash", "usr/share/", "usr/share/doc/bash",
                  NULL);
    run_add_files(f, 1, "usr/", "usr/lib/", "usr/lib/Z", "usr/lib/a", "usr/share/",
                  "usr/share/doc/glibc", NULL);
    run_add_files(f, 2, "usr/", "usr/lib/", "usr/lib/libz", NULL);
}

static void test_match(void **state)
{
    static const struct {
        const char *triggers;
        unsigned stage;
        const char *targets; /* NULL: not triggered */
    } cases[] = {
        {"Operation = Install\nType = Path\nTarget = usr/lib/*\n", 0,
         "usr/lib/ usr/lib/Z usr/lib/a "},
        {"Operation = Install\nType = Path\nTarget = usr/lib/*\n", 1, "usr/lib/ usr/lib/libz "},
        {"Operation = Install\nType = Path\nTarget = usr/lib/*\n", 2, NULL},
        {"Operation = Install\nType = Path\nTarget = usr/*\nTarget = !*/\nTarget = !usr/share/*\n",
         0, "usr/bin/bash usr/lib/Z usr/lib/a "},
        {"Operation = Install\nType = Path\nTarget = usr/bin\n", 0, NULL},
        {"Operation = Install\nType = Path\nTarget = bash\n", 0, NULL},
        {"Operation = Install\nType = Path\nTarget = usr/share/doc/*\n", 0, "usr/share/doc/bash "},
        {"Operation = Install\nType = Path\nTarget = usr/share/doc/g*\n", 0, NULL},
        {"Operation = Install\nType = Package\nTarget = *\n", 0, "bash glibc "},
        {"Operation = Install\nType = Package\nTarget = *\nTarget = !glibc\n", 0, "bash "},
        {"Operation = Install\nType = Package\nTarget = zlib\n", 0, NULL},
        {"Operation = Install\nType = Package\nTarget = zlib\n", 1, "zlib "},
        {"Operation = Upgrade\nOperation = Remove\nType = Package\nTarget = *\n", 0, NULL},
        {"Operation = Upgrade\nOperation = Remove\nType = Path\nTarget = *\n", 0, NULL},
        {"Operation = Remove\nOperation = Install\nType = Package\nTarget = glibc\n", 0, "glibc "},
        {"Operation = Install\nType = Path\nTarget = usr/\nTarget = usr/lib/a\n[Trigger]\n"
         "Operation = Install\nType = Package\nTarget = *\n[Trigger]\n"
         "Operation = Remove\nType = Path\nTarget = *\n[Trigger]\n"
         "Operation = Install\nType = Path\nTarget = usr/lib/?\n",
         0, "bash glibc usr/ usr/lib/Z usr/lib/a "},
    };
    struct run_fixture *f = *state;
    packages(f);
    assert_int_equal(stet_strv_add(&f->lock.recipe.noextract, "usr/share/doc/*", NULL), 0);
    assert_int_equal(stet_strv_add(&f->lock.recipe.noextract, "!usr/share/doc/bash", NULL), 0);
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        const char *want = cases[i / 2].targets;
        bool needs_targets = i % 2;
        struct stet_buffer text = STET_BUFFER_INIT, got = STET_BUFFER_INIT;
        struct stet_strv targets = STET_STRV_INIT;
        struct stet_arch_hook h;
        stet_buffer_addf(&text, "[Trigger]\n%s%s%s", cases[i / 2].triggers, ACTION,
                         needs_targets ? "NeedsTargets\n" : "");
        assert_int_equal(stet_arch_hook_parse(stet_buffer_str(&text), text.len, "x", &h, &f->err),
                         0);
        int rc = stet_arch_hook_match(&f->ctx, &h, cases[i / 2].stage, &targets, &f->err);
        for (size_t j = 0; j < targets.count; j++)
            stet_buffer_addf(&got, "%s ", targets.items[j]);
        if (rc != (want != NULL))
            fail_msg("%s: %d", stet_buffer_str(&text), rc);
        assert_string_equal(stet_buffer_str(&got), want && needs_targets ? want : "");
        stet_strv_release(&targets);
        stet_buffer_release(&got);
        stet_buffer_release(&text);
        stet_arch_hook_release(&h);
    }
}

/* ---- running ---- */

static const char custom[] = "etc/pacman.d/hooks", own[] = "usr/share/libalpm/hooks";

static void put_hook(struct run_fixture *f, const char *directory, const char *name,
                     const char *trigger, const char *action)
{
    char path[256], text[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(text, sizeof text,
             "[Trigger]\nOperation = Install\nType = Package\nTarget = %s\n"
             "[Action]\n%s\n",
             trigger, action);
    run_put(f, path, text, 0644);
}

/* A PostTransaction hook that is triggered and runs word. */
static void put_simple(struct run_fixture *f, const char *directory, const char *name,
                       const char *word)
{
    char action[256];
    snprintf(action, sizeof action, "When = PostTransaction\nExec = %s", word);
    put_hook(f, directory, name, "*", action);
}

static void run_ok(struct run_fixture *f, enum stet_arch_when when, const char *calls)
{
    stet_buffer_clear(&played.calls);
    if (stet_arch_hooks_run(&f->ctx, 0, when, &f->err) < 0)
        fail_msg("%s", f->err.text);
    assert_string_equal(stet_buffer_str(&played.calls), calls);
}

static void run_fails(struct run_fixture *f, enum stet_arch_when when, const char *error)
{
    stet_error_clear(&f->err);
    assert_int_equal(stet_arch_hooks_run(&f->ctx, 0, when, &f->err), -1);
    assert_string_equal(f->err.text, error);
    assert_int_equal(f->err.kind, STET_ERROR_INPUT);
}

static void test_nothing(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    run_ok(f, STET_ARCH_POST_TRANSACTION, "");
    put_hook(f, own, "a.hook", "other", "When = PostTransaction\nExec = /a");
    run_ok(f, STET_ARCH_POST_TRANSACTION, "");
    assert_string_equal(stet_buffer_str(&f->logged), "");
}

static void test_order(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    put_simple(f, own, "b.hook", "/b");
    put_simple(f, own, "a-b.hook", "/a-b");
    put_simple(f, own, "a.hook", "a"); /* looked for in the root directory */
    put_simple(f, own, ".hook", "/empty");
    put_simple(f, own, "Z.hook", "/Z");
    put_simple(f, custom, "aa.hook", "/aa");
    put_hook(f, own, "pre.hook", "*", "When = PreTransaction\nExec = /pre");
    put_hook(f, own, "other.hook", "zlib", "When = PostTransaction\nExec = /other");
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/empty\n/Z\n/a\n/a-b\n/aa\n/b\n");
    assert_string_equal(stet_buffer_str(&f->logged),
                        "begin configure 6\nadvance .hook\nadvance Z.hook\nadvance a.hook\n"
                        "advance a-b.hook\nadvance aa.hook\nadvance b.hook\nend configure\n");
    run_ok(f, STET_ARCH_PRE_TRANSACTION, "/pre\n");
    assert_false(played.keep_tmp);
}

/* What has a hook's place, whatever it is, is the only one that is looked at. */
static void test_override(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    for (const char *name = "abcdefgh"; *name; name++) {
        char file[] = {*name, '.', 'h', 'o', 'o', 'k', '\0'}, word[] = {'/', *name, '\0'};
        put_simple(f, own, file, word);
    }
    put_simple(f, custom, "a.hook", "/other-a");
    run_link(f, "etc/pacman.d/hooks/b.hook", "/dev/null");
    run_put(f, "etc/pacman.d/hooks/c.hook", "", 0644);
    run_put(f, "usr/share/libalpm/hooks/d.hook", "invalid", 0644);
    run_put(f, "etc/pacman.d/hooks/d.hook", "[Action]\n", 0644);
    run_link(f, "etc/pacman.d/hooks/e.hook", "../../.././dev//null");
    run_link(f, "etc/pacman.d/hooks/f.hook", "/etc/alias");
    run_link(f, "etc/alias", "../../dev/null");
    run_link(f, "etc/pacman.d/hooks/g.hook", "../../../usr/share/libalpm/hooks/a.hook");
    assert_int_equal(stet_fs_mkdirs_in(f->ctx.root, "etc/pacman.d/hooks/h.hook", NULL), 0);
    run_put(f, "etc/pacman.d/hooks/i.hook.bak", "invalid", 0644);
    run_put(f, "etc/pacman.d/hooks/hook", "invalid", 0644);
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/other-a\n/a\n/h\n");
}

static void test_bad_files(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    run_put(f, "usr/share/libalpm/hooks/x.hook", "[Trigger]\nTarget\n", 0644);
    for (int when = STET_ARCH_PRE_TRANSACTION; when <= STET_ARCH_POST_TRANSACTION; when++)
        run_fails(f, when,
                  "hook /usr/share/libalpm/hooks/x.hook line 2: an option without a value "
                  "\"Target\"");
    stet_fs_remove_in(f->ctx.root, "usr/share/libalpm/hooks/x.hook", NULL);
    run_link(f, "usr/share/libalpm/hooks/x.hook", "/tmp/none");
    run_fails(f, STET_ARCH_POST_TRANSACTION,
              "hook /usr/share/libalpm/hooks/x.hook is a link to nothing in the root");
    stet_fs_remove_in(f->ctx.root, "usr/share/libalpm/hooks/x.hook", NULL);
    assert_int_equal(mkfifoat(f->ctx.root, "usr/share/libalpm/hooks/x.hook", 0600), 0);
    run_fails(f, STET_ARCH_POST_TRANSACTION,
              "hook: usr/share/libalpm/hooks/x.hook in the tree is not a regular file");
}

static void test_targets(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    run_put(f, "usr/share/libalpm/hooks/x.hook",
            "[Trigger]\nOperation = Install\nType = Path\nTarget = usr/lib/?\nTarget = usr/\n"
            "[Trigger]\nOperation = Install\nType = Path\nTarget = usr/lib/[ab]\n"
            "[Action]\nWhen = PostTransaction\nNeedsTargets\nExec = /bin/x \"a b\"\n",
            0644);
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/bin/x a b < usr/ usr/lib/Z usr/lib/a\n");
}

static void test_depends(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    put_hook(f, own, "a.hook", "*",
             "When = PostTransaction\nExec = /a\nDepends = bash>=5\nDepends = sh");
    put_simple(f, own, "b.hook", "/b");
    assert_int_equal(stet_strv_add(&f->state->packages[1].info.provides, "sh", NULL), 0);
    f->state->packages[0].installed = true;
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/b\n");
    assert_string_equal(stet_buffer_str(&f->logged),
                        "begin configure 2\nadvance a.hook\nwarning: hook a.hook: it was not run, "
                        "as nothing installed satisfies \"sh\"\nadvance b.hook\nend configure\n");
    f->state->packages[1].installed = true;
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/a\n/b\n");
    put_hook(f, own, "c.hook", "*",
             "When = PreTransaction\nExec = /c\nDepends = none\nAbortOnFail");
    run_fails(f, STET_ARCH_PRE_TRANSACTION,
              "hook c.hook (AbortOnFail): it was not run, as nothing installed satisfies \"none\"");
}

static void test_failures(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    put_simple(f, own, "a.hook", "/a b");
    put_simple(f, own, "b.hook", "");
    put_hook(f, own, "c.hook", "*", "When = PreTransaction\nExec = /c");
    put_hook(f, own, "d.hook", "*", "When = PreTransaction\nExec = /d\nAbortOnFail");
    put_hook(f, own, "e.hook", "*", "When = PreTransaction\nExec = /e");
    played.status = 3;
    played.line = "no";
    run_ok(f, STET_ARCH_POST_TRANSACTION, "/a b\n");
    assert_string_equal(stet_buffer_str(&f->logged),
                        "begin configure 2\nadvance a.hook\nverbose: no\n"
                        "warning: hook a.hook: /a failed with exit status 3; its last output: no\n"
                        "advance b.hook\nwarning: hook b.hook: its Exec names no program\n"
                        "end configure\n");
    stet_buffer_clear(&f->logged);
    stet_buffer_clear(&played.calls);
    run_fails(f, STET_ARCH_PRE_TRANSACTION,
              "hook d.hook (AbortOnFail): /d failed with exit status 3; its last output: no");
    assert_string_equal(stet_buffer_str(&played.calls), "/c\n/d\n");
    assert_non_null(strstr(stet_buffer_str(&f->logged), "end configure\n"));
}

/* Whose fault is it? */
static void test_not_executable(void **state)
{
    struct run_fixture *f = *state;
    packages(f);
    put_simple(f, own, "a.hook", "/bin/a");
    played.errnum = ENOENT;
    run_ok(f, STET_ARCH_POST_TRANSACTION, "");
    assert_non_null(strstr(stet_buffer_str(&f->logged),
                           "warning: hook a.hook: /bin/a failed with exit status 127; sandbox: "
                           "/bin/a: No such file or directory\n"));
    played.errnum = ENOEXEC;
    run_put(f, "bin/a", "echo", 0755);
    run_ok(f, STET_ARCH_POST_TRANSACTION, "");
    run_put(f, "bin/a", "\177ELF\2\1\1", 0755); /* of another machine */
    run_fails(f, STET_ARCH_POST_TRANSACTION, "hook a.hook: sandbox: /bin/a: Exec format error");
    played.errnum = ENOENT;
    stet_fs_remove_in(f->ctx.root, "proc", NULL);
    run_fails(f, STET_ARCH_POST_TRANSACTION,
              "hook a.hook: sandbox: /bin/a: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parse),        TEST(test_parse_masks),    TEST(test_parse_errors),
        TEST(test_parse_limits), TEST(test_parse_warnings), TEST(test_split),
        TEST(test_match),        TEST(test_nothing),        TEST(test_order),
        TEST(test_override),     TEST(test_bad_files),      TEST(test_targets),
        TEST(test_depends),      TEST(test_failures),       TEST(test_not_executable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
