/*
 * The program that runs in the roots of the tests: static, since there is nothing else in them. Its arguments are
 * commands: "say TEXT", "exit STATUS", "environment", "mode PATH", "input" (repeats it). As a shell it knows
 * -c ". FILE; FUNCTION ARGUMENT": the lines of FILE are such commands, after FUNCTION and ARGUMENT were said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern char **environ;

static void repeat_input(void)
{
    int c;
    while ((c = getchar()) != EOF)
        putchar(c);
}

static void say_mode(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        printf("%s: none\n", path);
    else
        printf("%s: %o\n", path, st.st_mode);
}

/* A command in one word, "say" alone or with ' ' and its argument. */
static void command(char *text)
{
    char *argument = strchr(text, ' ');
    if (argument)
        *argument++ = '\0';
    if (strcmp(text, "say") == 0)
        puts(argument ? argument : "");
    else if (strcmp(text, "mode") == 0 && argument)
        say_mode(argument);
    else if (strcmp(text, "exit") == 0 && argument)
        exit((int)strtol(argument, NULL, 10));
    else if (strcmp(text, "input") == 0)
        repeat_input();
    else if (strcmp(text, "environment") == 0)
        for (char **e = environ; *e; e++)
            puts(*e);
}

static int be_shell(char *text)
{
    static const char separator[] = "; ";
    char line[256], *call = strstr(text, separator);
    if (strncmp(text, ". ", 2) != 0 || !call)
        return 99;
    *call = '\0';
    printf("call %s\n", call + sizeof separator - 1);
    FILE *f = fopen(text + 2, "r");
    if (!f)
        return 98;
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        command(line);
    }
    fclose(f);
    return 0;
}

int main(int argc, char **argv)
{
    printf("program %s\n", argv[0]);
    if (argc == 3 && strcmp(argv[1], "-c") == 0)
        return be_shell(argv[2]);
    for (int i = 1; i < argc; i++)
        command(argv[i]);
    return 0;
}
