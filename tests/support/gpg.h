/*
 * gpg - for unit tests: keys and signatures made while the test runs, as of any date. Whatever fails here fails the
 * test.
 */
#ifndef STET_TESTS_SUPPORT_GPG_H
#define STET_TESTS_SUPPORT_GPG_H

/*
 * Runs script with sh -eu in dir, where GNUPGHOME is dir/gnupg. It has the functions
 *   key NAME MADE EXPIRES       a key that certifies and signs; dates as 20250101T000000, EXPIRES also "never"
 *   fingerprint NAME            of its primary key, printed
 *   sign NAME WHEN FILE         makes FILE.sig
 *   g ARGUMENT...               gpg itself
 */
void stet_test_gpg(const char *dir, const char *script);
/* Ends the agent that gpg left behind. Before the folder is removed. */
void stet_test_gpg_stop(const char *dir);

#endif
