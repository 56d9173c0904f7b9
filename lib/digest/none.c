typedef int stet_digest_empty;
