/*
 * formats - the comparators, in the order in which they are asked.
 */
#include "lib/diff/formats.h"

const struct diff_format diff_formats[] = {
    {"compressed", diff_compressed_compare},
    {"elf", diff_elf},
    {"json", diff_json_compare},
    {"text", diff_text_compare},
    {"bytes", diff_bytes_compare},
    {NULL, NULL},
};
