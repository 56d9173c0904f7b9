typedef int stet_base_empty;
