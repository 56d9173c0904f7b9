/*
 * base - what every other module of stet stands on. Depends on nothing but libc.
 *
 * The module is a set of small parts, each with a header and a prefix of its own
 * (stet_error_, stet_buffer_, …); this header brings them all.
 */
#ifndef STET_BASE_BASE_H
#define STET_BASE_BASE_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/fs.h"
#include "lib/base/log.h"
#include "lib/base/number.h"
#include "lib/base/pool.h"
#include "lib/base/spawn.h"
#include "lib/base/stream.h"
#include "lib/base/utf8.h"

#endif
