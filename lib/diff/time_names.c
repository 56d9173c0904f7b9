/*
 * The names of months and days in the languages that builders are set to.
 */
#include "lib/diff/times.h"

#include <string.h>
#include <strings.h>

enum { LANGUAGES = 8 };

/* English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish; alternatives by '|'. */
static const char *const month_names[LANGUAGES][12] = {
    {"January|Jan", "February|Feb", "March|Mar", "April|Apr", "May", "June|Jun", "July|Jul",
     "August|Aug", "September|Sept|Sep", "October|Oct", "November|Nov", "December|Dec"},
    {"Januar|Jan", "Februar|Feb", "März|Mär|Mrz", "April|Apr", "Mai", "Juni|Jun", "Juli|Jul",
     "August|Aug", "September|Sept|Sep", "Oktober|Okt", "November|Nov", "Dezember|Dez"},
    {"janvier|janv", "février|févr|fév", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août",
     "septembre|sept", "octobre|oct", "novembre|nov", "décembre|déc"},
    {"enero|ene", "febrero|feb", "marzo|mar", "abril|abr", "mayo|may", "junio|jun", "julio|jul",
     "agosto|ago", "septiembre|sept|sep", "octubre|oct", "noviembre|nov", "diciembre|dic"},
    {"gennaio|gen", "febbraio|feb", "marzo|mar", "aprile|apr", "maggio|mag", "giugno|giu",
     "luglio|lug", "agosto|ago", "settembre|set", "ottobre|ott", "novembre|nov", "dicembre|dic"},
    {"janeiro|jan", "fevereiro|fev", "março|mar", "abril|abr", "maio|mai", "junho|jun", "julho|jul",
     "agosto|ago", "setembro|set", "outubro|out", "novembro|nov", "dezembro|dez"},
    {"januari|jan", "februari|feb", "maart|mrt", "april|apr", "mei", "juni|jun", "juli|jul",
     "augustus|aug", "september|sep", "oktober|okt", "november|nov", "december|dec"},
    {"januari|jan", "februari|feb", "mars|mar", "april|apr", "maj", "juni|jun", "juli|jul",
     "augusti|aug", "september|sep", "oktober|okt", "november|nov", "december|dec"},
};

static const char *const day_names[LANGUAGES][7] = {
    {"Monday|Mon", "Tuesday|Tue", "Wednesday|Wed", "Thursday|Thu", "Friday|Fri", "Saturday|Sat",
     "Sunday|Sun"},
    {"Montag|Mo", "Dienstag|Di", "Mittwoch|Mi", "Donnerstag|Do", "Freitag|Fr", "Samstag|Sa",
     "Sonntag|So"},
    {"lundi|lun", "mardi|mar", "mercredi|mer", "jeudi|jeu", "vendredi|ven", "samedi|sam",
     "dimanche|dim"},
    {"lunes|lun", "martes|mar", "miércoles|mié", "jueves|jue", "viernes|vie", "sábado|sáb",
     "domingo|dom"},
    {"lunedì|lun", "martedì|mar", "mercoledì|mer", "giovedì|gio", "venerdì|ven", "sabato|sab",
     "domenica|dom"},
    {"segunda-feira|segunda|seg", "terça-feira|terça|ter", "quarta-feira|quarta|qua",
     "quinta-feira|quinta|qui", "sexta-feira|sexta|sex", "sábado|sáb", "domingo|dom"},
    {"maandag|ma", "dinsdag|di", "woensdag|wo", "donderdag|do", "vrijdag|vr", "zaterdag|za",
     "zondag|zo"},
    {"måndag|mån", "tisdag|tis", "onsdag|ons", "torsdag|tor", "fredag|fre", "lördag|lör",
     "söndag|sön"},
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The second letters of all names that begin with each letter; '*' stands for one beyond ASCII. Most words of a text are
 * told apart by these. */
static const char *const second_letters[26] = {
    ['a' - 'a'] = "bgopuv", ['d' - 'a'] = "eio*",  ['e' - 'a'] = "n",  ['f' - 'a'] = "er*",
    ['g' - 'a'] = "ei",     ['j' - 'a'] = "aeu",   ['l' - 'a'] = "u*", ['m' - 'a'] = "aeior*",
    ['n' - 'a'] = "o",      ['o' - 'a'] = "ckntu", ['q' - 'a'] = "u",  ['s' - 'a'] = "aeou*",
    ['t' - 'a'] = "ehiou",  ['v' - 'a'] = "eir",   ['w' - 'a'] = "eo", ['z' - 'a'] = "ao",
};

static bool may_be_name(const char *s, size_t len)
{
    char first = s[0] | 0x20, second = len > 1 ? s[1] | 0x20 : 0;
    if (first < 'a' || first > 'z' || !second_letters[first - 'a'] || second == 0)
        return false;
    return strchr(second_letters[first - 'a'], (unsigned char)s[1] >= 0x80 ? '*' : second) != NULL;
}

/* The longest of the alternatives that s begins with, as a whole word. */
static size_t begins_with(const char *s, size_t len, const char *names)
{
    while (*names) {
        size_t n = 0;
        while (names[n] && names[n] != '|')
            n++;
        /* Most names differ in their first letter: that is asked first. */
        if (n <= len && ((s[0] ^ names[0]) & ~0x20) == 0 && strncasecmp(s, names, n) == 0 &&
            (n == len || !is_letter(s[n])))
            return n;
        names += n + (names[n] == '|');
    }
    return 0;
}

static size_t find(const char *s, size_t len, const char *const *names, unsigned count,
                   unsigned language, unsigned first, size_t best, unsigned *languages,
                   unsigned *number)
{
    for (unsigned i = 0; i < count; i++) {
        size_t n = begins_with(s, len, names[i]);
        if (n == 0 || n < best || (n == best && *number != first + i))
            continue; /* "mar" is a month before it is a Tuesday */
        if (n > best)
            *languages = 0;
        best = n;
        *number = first + i;
        *languages |= 1u << language;
    }
    return best;
}

size_t stet_diff_time_name(const char *s, size_t len, unsigned *languages, unsigned *number)
{
    size_t best = 0;
    *languages = 0;
    *number = 0;
    if (len == 0 || !may_be_name(s, len))
        return 0;
    for (unsigned l = 0; l < LANGUAGES; l++)
        best = find(s, len, month_names[l], 12, l, 1, best, languages, number);
    for (unsigned l = 0; l < LANGUAGES; l++)
        best = find(s, len, day_names[l], 7, l, 21, best, languages, number);
    return best;
}
