typedef int stet_entry_empty;
