/*
 * formats - the comparators, in the order in which they are asked.
 */
#include "lib/diff/formats.h"

const struct diff_format diff_formats[] = {
    {"elf", diff_elf},
    {"bytes", diff_bytes_compare},
    {NULL, NULL},
};
