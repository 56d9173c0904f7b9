typedef int stet_build_empty;
