typedef int stet_store_empty;
