/*
 * stet-test-browser - drives a headless Chromium over its debugging pipe, by lines of standard input:
 *
 *   size WIDTH HEIGHT     the viewport; below 500 a phone (mobile, touch)
 *   dark | light          prefers-color-scheme
 *   scripts on|off        of pages opened from now on
 *   open URL              waits for the page's load event
 *   eval EXPRESSION       prints the value: a string as it is, anything else as JSON; promises are awaited
 *   type TEXT             as if typed where the focus is
 *   key NAME              a key pressed and released: Escape, ArrowDown, Tab, Enter, /, …
 *   click SELECTOR        with the mouse, in the middle of the first element that matches, brought into view
 *   shot FILE             a PNG of the viewport; prints WIDTH HEIGHT NUMBER-OF-COLOURS
 *   requests              prints the URL of every request since the start, data: left out
 *   complaints            prints exceptions, console errors and violations of the page's policy since the start
 *
 * CHROMIUM names the program (default: chromium). Each host name is unknown to it. Ends with 1 and a line on standard
 * error at the first command that fails: an exception in EXPRESSION, no element for SELECTOR, a page that does not load.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/base.h"

enum { ANSWER_MS = 60000 };

struct browser {
    pid_t pid;
    int to, from;
    struct stet_buffer read; /* what came and is no whole message yet */
    json_int_t last;
    const char *session;      /* of the page that commands go to; NULL: the browser itself */
    char page[64], blank[64]; /* the page under test, and one to look at pictures with */
    struct stet_strv requests, complaints;
    bool loaded;
    char directory[64];
};

static struct browser browser;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fputs("stet-test-browser: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static void keep(struct stet_strv *list, const char *text)
{
    if (text && stet_strv_add(list, text, NULL) < 0)
        die("out of memory");
}

/* ---- the pipe: JSON, each message ended by a NUL ---- */

static void send_message(json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) + 1 : 0;

    json_decref(message);
    if (!text)
        die("out of memory");
    for (size_t done = 0; done < len;) {
        ssize_t n = write(browser.to, text + done, len - done);
        if (n < 0 && errno != EINTR)
            die("the browser has ended");
        done += n > 0 ? (size_t)n : 0;
    }
    free(text);
}

static void read_more(void)
{
    struct pollfd fd = {browser.from, POLLIN, 0};
    char data[65536];
    int ready;

    while ((ready = poll(&fd, 1, ANSWER_MS)) < 0 && errno == EINTR)
        ;
    if (ready == 0)
        die("no answer within %d s", ANSWER_MS / 1000);
    ssize_t n = read(browser.from, data, sizeof(data));
    if (n <= 0)
        die("the browser has ended");
    stet_buffer_add(&browser.read, data, (size_t)n);
    if (browser.read.failed)
        die("out of memory");
}

static json_t *next_message(void)
{
    char *end;

    while (browser.read.len == 0 || !(end = memchr(browser.read.data, '\0', browser.read.len)))
        read_more();
    size_t len = (size_t)(end - browser.read.data);
    json_t *message = json_loadb(browser.read.data, len, JSON_ALLOW_NUL, NULL);
    if (!message)
        die("the browser sent no JSON");
    memmove(browser.read.data, end + 1, browser.read.len - len - 1);
    browser.read.len -= len + 1;
    return message;
}

static const char *text_at(const json_t *object, const char *outer, const char *inner)
{
    const json_t *value = json_object_get(object, outer);

    return json_string_value(inner ? json_object_get(value, inner) : value);
}

static void complain_of_log(const json_t *params)
{
    const char *level = text_at(params, "entry", "level");

    if (level && strcmp(level, "error") == 0)
        keep(&browser.complaints, text_at(params, "entry", "text"));
}

static void event(const json_t *message)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    const json_t *params = json_object_get(message, "params");
    const char *url = text_at(params, "request", "url");
    const char *session = json_string_value(json_object_get(message, "sessionId"));

    if (!method || !session || strcmp(session, browser.page) != 0)
        return;
    if (strcmp(method, "Network.requestWillBeSent") == 0 && url && strncmp(url, "data:", 5) != 0)
        keep(&browser.requests, url);
    else if (strcmp(method, "Log.entryAdded") == 0)
        complain_of_log(params);
    else if (strcmp(method, "Runtime.exceptionThrown") == 0)
        keep(&browser.complaints, text_at(params, "exceptionDetails", "text"));
    else if (strcmp(method, "Runtime.consoleAPICalled") == 0)
        keep(&browser.complaints, "the page wrote to the console");
    else if (strcmp(method, "Page.javascriptDialogOpening") == 0)
        keep(&browser.complaints, "the page opened a dialog");
    else if (strcmp(method, "Page.loadEventFired") == 0)
        browser.loaded = true;
}

/* One call and its result, which the caller releases. Events on the way are noted. */
static json_t *call(const char *method, json_t *params)
{
    json_int_t id = ++browser.last;
    json_t *message = json_pack("{s:I, s:s, s:o}", "id", id, "method", method, "params",
                                params ? params : json_object());

    if (browser.session)
        json_object_set_new(message, "sessionId", json_string(browser.session));
    send_message(message);
    for (;;) {
        json_t *answer = next_message();
        const json_t *answered = json_object_get(answer, "id");

        if (!answered)
            event(answer);
        if (answered && json_integer_value(answered) == id) {
            json_t *result = json_incref(json_object_get(answer, "result"));
            if (!result)
                die("%s: %s", method, text_at(answer, "error", "message"));
            json_decref(answer);
            return result;
        }
        json_decref(answer);
    }
}

static void tell(const char *method, json_t *params)
{
    json_decref(call(method, params));
}

/* ---- starting and ending ---- */

__attribute__((noreturn)) static void be_chromium(const int in[2], const int out[2])
{
    const char *program = getenv("CHROMIUM") ? getenv("CHROMIUM") : "chromium";
    char profile[96];
    int null = open("/dev/null", O_RDWR);
    /* Above the numbers that are wanted, so that neither overwrites the other. */
    int from = fcntl(in[0], F_DUPFD, 10), to = fcntl(out[1], F_DUPFD, 10);

    snprintf(profile, sizeof(profile), "--user-data-dir=%s", browser.directory);
    if (null < 0 || from < 0 || to < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
        dup2(null, 2) < 0 || dup2(from, 3) < 0 || dup2(to, 4) < 0)
        _exit(127);
    closefrom(5);
    setpgid(0, 0);
    execlp(program, program, "--headless", "--no-sandbox", "--disable-gpu",
           "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-extensions",
           "--disable-sync", "--disable-background-networking", "--disable-component-update",
           "--host-resolver-rules=MAP * ~NOTFOUND", "--font-render-hinting=none",
           "--remote-debugging-pipe", profile, "about:blank", (char *)NULL);
    _exit(127);
}

static void end(void)
{
    if (browser.pid > 0) {
        kill(-browser.pid, SIGKILL);
        waitpid(browser.pid, NULL, 0);
        browser.pid = 0;
    }
    if (browser.directory[0])
        stet_fs_remove(AT_FDCWD, browser.directory, NULL);
}

static void start(void)
{
    int in[2], out[2];
    const char *temporary = getenv("TMPDIR");

    signal(SIGPIPE, SIG_IGN);
    snprintf(browser.directory, sizeof(browser.directory), "%.40s/stet-browser.XXXXXX",
             temporary ? temporary : "/tmp");
    if (!mkdtemp(browser.directory) || pipe(in) < 0 || pipe(out) < 0)
        die("no directory or pipe for the browser");
    atexit(end);
    browser.pid = fork();
    if (browser.pid == 0)
        be_chromium(in, out);
    close(in[0]);
    close(out[1]);
    browser.to = in[1];
    browser.from = out[0];
}

static void attach(char session[64])
{
    browser.session = NULL;
    json_t *target = call("Target.createTarget", json_pack("{s:s}", "url", "about:blank"));
    json_t *answer =
        call("Target.attachToTarget", json_pack("{s:O, s:b}", "targetId",
                                                json_object_get(target, "targetId"), "flatten", 1));

    snprintf(session, 64, "%s", json_string_value(json_object_get(answer, "sessionId")));
    json_decref(answer);
    json_decref(target);
    browser.session = session;
}

/* ---- commands ---- */

/* The value of an expression in the page of the session. */
static json_t *evaluate(const char *expression)
{
    json_t *result = call("Runtime.evaluate", json_pack("{s:s, s:b, s:b}", "expression", expression,
                                                        "returnByValue", 1, "awaitPromise", 1));
    json_t *thrown = json_object_get(result, "exceptionDetails");

    if (thrown) {
        const char *what = text_at(thrown, "exception", "description");
        die("%s: %s", expression, what ? what : text_at(thrown, "text", NULL));
    }
    json_t *value = json_incref(json_object_get(json_object_get(result, "result"), "value"));
    json_decref(result);
    return value ? value : json_null();
}

/* Lets the page do what it has begun, and notes the events of that. No promise is waited for: scripts may be off. */
static void settle(long milliseconds)
{
    const struct timespec time = {0, milliseconds * 1000000};

    nanosleep(&time, NULL);
    json_decref(evaluate("0"));
}

static void command_eval(const char *expression)
{
    json_t *value = evaluate(expression);

    if (json_is_string(value)) {
        puts(json_string_value(value));
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        puts(text ? text : "");
        free(text);
    }
    json_decref(value);
}

static void command_open(const char *url)
{
    browser.loaded = false;
    json_t *answer = call("Page.navigate", json_pack("{s:s}", "url", url));
    const char *failed = text_at(answer, "errorText", NULL);

    if (failed)
        die("%s: %s", url, failed);
    /* Only a new document loads; another fragment of the same does not. */
    bool loads = json_object_get(answer, "loaderId") != NULL;
    json_decref(answer);
    while (loads && !browser.loaded) {
        json_t *message = next_message();
        event(message);
        json_decref(message);
    }
    settle(50);
}

static void command_size(const char *text)
{
    int width, height;

    if (sscanf(text, "%d %d", &width, &height) != 2)
        die("size: WIDTH HEIGHT");
    tell("Emulation.setDeviceMetricsOverride",
         json_pack("{s:i, s:i, s:i, s:b}", "width", width, "height", height, "deviceScaleFactor",
                   width < 500 ? 2 : 1, "mobile", width < 500));
}

static void command_scheme(const char *scheme)
{
    tell("Emulation.setEmulatedMedia", json_pack("{s:[{s:s, s:s}]}", "features", "name",
                                                 "prefers-color-scheme", "value", scheme));
}

static void key_event(const char *type, const char *name)
{
    json_t *params = json_pack("{s:s, s:s}", "type", type, "key", name);
    int code = strcmp(name, "Enter") == 0    ? 13
               : strcmp(name, "Tab") == 0    ? 9
               : strcmp(name, "Escape") == 0 ? 27
               : strcmp(name, " ") == 0      ? 32
                                             : 0;

    if (code > 0)
        json_object_set_new(params, "windowsVirtualKeyCode", json_integer(code));
    if (strlen(name) == 1 || code == 13)
        json_object_set_new(params, "text", json_string(code == 13 ? "\r" : name));
    tell("Input.dispatchKeyEvent", params);
}

static void command_key(const char *name)
{
    key_event("keyDown", name);
    key_event("keyUp", name);
}

static void command_click(const char *selector)
{
    static const char *const types[] = {"mousePressed", "mouseReleased"};
    json_t *quoted = json_string(selector);
    char *text = json_dumps(quoted, JSON_ENCODE_ANY);
    _cleanup_free_ char *expression = stet_format(
        NULL,
        "(e => { if (!e) return null; e.scrollIntoView({block: 'center'}); "
        "const r = e.getBoundingClientRect(); "
        "return [r.x + r.width / 2, r.y + r.height / 2]; })(document.querySelector(%s))",
        text);
    json_t *at = evaluate(expression ? expression : "");

    if (!json_is_array(at))
        die("click: no element matches %s", selector);
    for (size_t i = 0; i < 2; i++)
        tell("Input.dispatchMouseEvent",
             json_pack("{s:s, s:O, s:O, s:s, s:i}", "type", types[i], "x", json_array_get(at, 0),
                       "y", json_array_get(at, 1), "button", "left", "clickCount", 1));
    json_decref(at);
    json_decref(quoted);
    free(text);
    settle(50);
}

/* What base64 digit c stands for, or -1. */
static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

static void write_decoded(const char *file, const char *base64)
{
    FILE *out = fopen(file, "we");
    uint32_t bits = 0;
    int count = 0;

    if (!out)
        die("cannot write %s", file);
    for (; digit(*base64) >= 0; base64++) {
        bits = bits << 6 | (uint32_t)digit(*base64);
        count += 6;
        if (count >= 8)
            fputc((int)(bits >> (count -= 8) & 0xff), out);
    }
    if (fclose(out) != 0)
        die("cannot write %s", file);
}

/* Width, height and number of colours of a picture, seen by a page of its own. */
static void print_picture(const char *base64)
{
    _cleanup_free_ char *expression = stet_format(
        NULL,
        "(async () => { const bytes = Uint8Array.from(atob('%s'), c => c.charCodeAt(0)); "
        "const image = await createImageBitmap(new Blob([bytes], {type: 'image/png'})); "
        "const canvas = new OffscreenCanvas(image.width, image.height), c = "
        "canvas.getContext('2d'); "
        "c.drawImage(image, 0, 0); const seen = new Set(new Uint32Array("
        "c.getImageData(0, 0, image.width, image.height).data.buffer)); "
        "return `${image.width} ${image.height} ${seen.size}`; })()",
        base64);

    browser.session = browser.blank;
    command_eval(expression ? expression : "");
    browser.session = browser.page;
}

static void command_shot(const char *file)
{
    json_t *answer = call("Page.captureScreenshot", json_pack("{s:s}", "format", "png"));
    const char *data = text_at(answer, "data", NULL);
    if (!data)
        die("no picture");
    write_decoded(file, data);
    print_picture(data);
    json_decref(answer);
}

static void print_all(const struct stet_strv *list)
{
    /* What was still under way is told with the next answer. */
    settle(200);
    for (size_t i = 0; i < list->count; i++)
        puts(list->items[i]);
}

static void run(char *line)
{
    char *rest = strchr(line, ' ');

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "size") == 0)
        command_size(rest);
    else if (strcmp(line, "dark") == 0 || strcmp(line, "light") == 0)
        command_scheme(line);
    else if (strcmp(line, "scripts") == 0)
        tell("Emulation.setScriptExecutionDisabled",
             json_pack("{s:b}", "value", strcmp(rest, "off") == 0));
    else if (strcmp(line, "open") == 0)
        command_open(rest);
    else if (strcmp(line, "eval") == 0)
        command_eval(rest);
    else if (strcmp(line, "type") == 0)
        tell("Input.insertText", json_pack("{s:s}", "text", rest));
    else if (strcmp(line, "key") == 0)
        command_key(rest);
    else if (strcmp(line, "click") == 0)
        command_click(rest);
    else if (strcmp(line, "shot") == 0)
        command_shot(rest);
    else if (strcmp(line, "requests") == 0)
        print_all(&browser.requests);
    else if (strcmp(line, "complaints") == 0)
        print_all(&browser.complaints);
    else
        die("no such command: %s", line);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;

    start();
    attach(browser.blank);
    attach(browser.page);
    tell("Page.enable", NULL);
    tell("Runtime.enable", NULL);
    tell("Log.enable", NULL);
    tell("Network.enable", NULL);
    while ((len = getline(&line, &room, stdin)) > 0) {
        if (line[len - 1] == '\n')
            line[--len] = '\0';
        if (len > 0 && line[0] != '#')
            run(line);
        fflush(stdout);
    }
    free(line);
    stet_strv_release(&browser.requests);
    stet_strv_release(&browser.complaints);
    stet_buffer_release(&browser.read);
    return 0;
}
